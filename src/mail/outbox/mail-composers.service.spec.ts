import { type ComposedMail, MailComposers } from './mail-composers.service';
import { MailOutboxEntity } from './mail-outbox.entity';

const CANCELLED: ComposedMail = { outcome: 'cancelled' };

function row(kind: string): MailOutboxEntity {
  return Object.assign(new MailOutboxEntity(), { kind });
}

describe('MailComposers', () => {
  it('calls the composer of the kind', async () => {
    const composers = new MailComposers();
    composers.register('one', async () => ({ outcome: 'expired' }));
    composers.register('two', async () => CANCELLED);
    expect(await composers.compose(row('two'))).toBe(CANCELLED);
    expect(composers.kinds()).toEqual(['one', 'two']);
  });

  it('refuses a second composer of one kind', () => {
    const composers = new MailComposers();
    composers.register('one', async () => CANCELLED);
    expect(() => composers.register('one', async () => CANCELLED)).toThrow(TypeError);
  });

  it('refuses a kind without a composer', async () => {
    await expect(new MailComposers().compose(row('one'))).rejects.toThrow(TypeError);
  });
});
