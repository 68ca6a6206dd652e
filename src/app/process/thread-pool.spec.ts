import { sizeThreadPool } from './thread-pool';

describe('sizeThreadPool', () => {
  it('has two threads, so that slow look-ups leave one for tokens', () => {
    const variables: Record<string, string | undefined> = {};
    sizeThreadPool(variables);
    expect(variables).toEqual({ UV_THREADPOOL_SIZE: '2' });
  });

  it('leaves what the operator has set', () => {
    const variables = { UV_THREADPOOL_SIZE: '8' };
    sizeThreadPool(variables);
    expect(variables).toEqual({ UV_THREADPOOL_SIZE: '8' });
  });
});
