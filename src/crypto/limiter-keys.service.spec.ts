import { FIRST_KEY, keyRingOf, SECOND_KEY } from '../../test/support/tokens/keys';
import { LimiterKeys } from './limiter-keys.service';

const PARTS = ['request', 'ada@example.com', '192.0.2.0/24'];
const GOLDEN = 'YFY69THyrv05xQTwEWoSRlWfRy8YZ7wEWNDTazLgJqA';

describe('A key of the limiter', () => {
  it('is the one that another implementation computes, and fits its column', () => {
    expect(new LimiterKeys(keyRingOf(FIRST_KEY)).of(...PARTS)).toBe(GOLDEN);
    expect(GOLDEN.length).toBeLessThanOrEqual(64);
  });

  it('changes with the master key', () => {
    expect(new LimiterKeys(keyRingOf(SECOND_KEY, FIRST_KEY)).of(...PARTS)).not.toBe(GOLDEN);
  });

  it('is still among the candidates after a rotation, behind the current one', () => {
    const keys = new LimiterKeys(keyRingOf(SECOND_KEY, FIRST_KEY));
    expect(keys.candidates(...PARTS)).toEqual([keys.of(...PARTS), GOLDEN]);
  });
});
