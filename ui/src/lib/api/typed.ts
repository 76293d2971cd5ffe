// Calls checked against the description of the API: paths, parameters, bodies and answers.
import { json, type Call } from './client';
import type { paths } from './schema';

type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Operation<P extends keyof paths, V extends Verb> = NonNullable<paths[P][V]>;

export type Answer<O> = O extends {
  responses: { 200: { content: { 'application/json': infer T } } };
}
  ? T
  : never;
type PathOf<O> = O extends { parameters: { path: infer T } } ? { path: T } : { path?: never };
type QueryOf<O> = O extends { parameters: { query?: infer T } } ? { query?: T } : object;
/** What has a default may be left out. */
type BodyOf<O> = O extends { requestBody: { content: { 'application/json': infer T } } }
  ? { body: T extends object ? Partial<T> : T }
  : object;
/** Operation by operation: all paths with all queries and bodies would be too many for TypeScript. */
type Given<O> = O extends unknown
  ? PathOf<O> & QueryOf<O> & BodyOf<O> & { signal?: AbortSignal | undefined }
  : never;

/** Ask for what an operation of the API answers. */
export function call<V extends Verb, P extends keyof paths>(
  verb: V,
  path: P,
  given: Given<Operation<P, V>>,
): Promise<Answer<Operation<P, V>>> {
  const { path: names, ...rest } = given as Call & { path?: Record<string, string | number> };
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(names?.[name])),
  );
  const method = verb.toUpperCase() as NonNullable<Call['method']>;
  return json(filled, { method, ...rest });
}
