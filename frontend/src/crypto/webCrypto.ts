/**
 * What the browser itself can do of cryptography, or undefined: over plain http to a name that isn't local there is
 * no `crypto.subtle`, and @noble's implementations are loaded in its place.
 */
export const subtle = (): SubtleCrypto | undefined =>
  (globalThis.crypto as Partial<Crypto> | undefined)?.subtle;
