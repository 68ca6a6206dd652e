/** One value for each request. Nothing that a client sends can pass for it. */
export interface RequestState<T> {
  get(request: object): T | undefined;
  set(request: object, value: T): void;
}

/**
 * Makes a place for something that we find out about requests. It is not kept in the request
 * itself, so that a host that logs its requests does not log it. It is freed with the request.
 */
export function requestState<T>(): RequestState<T> {
  const values = new WeakMap<object, T>();
  return {
    get: (request) => values.get(nodeRequest(request)),
    set: (request, value) => void values.set(nodeRequest(request), value),
  };
}

/** Fastify makes a request of its own, which keeps that of Node.js in `raw`. */
function nodeRequest(request: object): object {
  const { raw } = request as { readonly raw?: unknown };
  return typeof raw === 'object' && raw !== null ? raw : request;
}
