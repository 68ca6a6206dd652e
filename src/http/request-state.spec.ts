import { requestState } from './request-state';

describe('what is known about a request', () => {
  const request = { headers: {} };

  it('is kept for that request, and for nothing else', () => {
    const [names, others] = [requestState<string>(), requestState<string>()];
    names.set(request, 'name');
    expect(names.get(request)).toBe('name');
    expect(names.get({ ...request })).toBeUndefined();
    expect(others.get(request)).toBeUndefined();
  });

  it('is not put into the request', () => {
    const frozen = Object.freeze({});
    requestState<string>().set(frozen, 'name');
    expect(Reflect.ownKeys(frozen)).toEqual([]);
  });

  it("is the same for Fastify's request and for that of Node.js in it", () => {
    const names = requestState<string>();
    names.set({ raw: request }, 'name');
    expect(names.get(request)).toBe('name');
    expect(names.get({ raw: request })).toBe('name');
  });

  it('does not depend on what a request has as `raw`', () => {
    const names = requestState<string>();
    const odd = { raw: 'text' };
    names.set(odd, 'name');
    expect(names.get(odd)).toBe('name');
  });
});
