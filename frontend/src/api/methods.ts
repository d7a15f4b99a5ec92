import type { components, operations } from './schema';

type Schemas = components['schemas'];

/** A message that the server answers, by its name in the API's document. */
export type Message<Name extends keyof Schemas> = Schemas[Name];

/** Every method of the API, as it is called by POST. */
export type Method = Exclude<keyof operations, `${string}ByGet` | 'Logs' | 'Healthz'>;

/** What the method takes. */
export type RequestOf<M extends Method> = operations[M] extends {
  requestBody?: { content: { 'application/json': infer Request } };
}
  ? Request
  : never;

/** What the method answers; undefined where that is nothing. */
export type AnswerOf<M extends Method> = operations[M]['responses'] extends {
  200: { content: { 'application/json': infer Answer } };
}
  ? Answer
  : undefined;
