/** Every key of the query cache, so that no two features invent the same one. */
export const keys = {
  /** The live list: written by the status stream, never fetched. */
  live: ['live'] as const,
  /** Who is logged in. */
  account: ['account'] as const,
  /** What the registry offers; asked for when somebody looks. */
  registryImages: ['registryImages'] as const,
};
