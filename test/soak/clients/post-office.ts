import type { Mailer, OutgoingMail } from '../../../src/mail/mailer';
import { mailedTokenIn } from '../../support/sign-in/sign-in-flow';
import { decodePart } from '../../support/tokens/forged-token';

/** A mail with a link to sign in, as a person reads it. */
export interface LinkMail {
  readonly to: string;
  readonly token: string;
  readonly code: string;
}

/** How long somebody waits for a mail before they ask where it is, in real time. */
const PATIENCE_MILLISECONDS = 25;

/** Takes the service's mails, and hands them to whoever waits for them. */
export class PostOffice implements Mailer {
  /** By the id of their links. */
  private readonly arrived = new Map<string, LinkMail>();
  private readonly waiting = new Map<string, (mail: LinkMail) => void>();

  /**
   * @param onMail is told of each mail, of whatever kind, when it comes in.
   * @param isPending whether the service still means to send the mail of a link.
   */
  constructor(
    private readonly onMail: (to: string, text: string) => void,
    private readonly isPending: (linkId: string) => Promise<boolean>,
  ) {}

  async send({ to, text }: OutgoingMail): Promise<void> {
    const token = mailedTokenIn(text);
    if (token !== undefined) {
      const id = decodePart(token, 1)['jti'] as string;
      const code = /^\d{6,10}$/m.exec(text)?.[0] ?? '';
      const mail = { to: to.address, token, code };
      const takeIt = this.waiting.get(id);
      if (takeIt === undefined) this.arrived.set(id, mail);
      else takeIt(mail);
    }
    this.onMail(to.address, text);
  }

  /** The mail of a link, `undefined` when it does not come. */
  async mailOf(linkId: string): Promise<LinkMail | undefined> {
    for (;;) {
      const mail = await this.nextOf(linkId);
      if (mail !== undefined) return mail;
      if (!(await this.isPending(linkId))) return this.take(linkId);
    }
  }

  private async nextOf(linkId: string): Promise<LinkMail | undefined> {
    const mail = this.take(linkId);
    if (mail !== undefined) return mail;
    return new Promise((resolve) => {
      const finish = (result: LinkMail | undefined): void => {
        clearTimeout(giveUp);
        this.waiting.delete(linkId);
        resolve(result);
      };
      const giveUp = setTimeout(() => finish(undefined), PATIENCE_MILLISECONDS);
      this.waiting.set(linkId, finish);
    });
  }

  private take(linkId: string): LinkMail | undefined {
    const mail = this.arrived.get(linkId);
    this.arrived.delete(linkId);
    return mail;
  }
}
