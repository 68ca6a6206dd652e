import type { LinkMail } from '../clients/post-office';
import type { Stage } from '../stage';
import type { Network } from '../world/networks';
import type { Account } from './account';
import type { Device } from './device';

/** What a person has in hand after asking. */
interface Asked {
  readonly linkId: string;
  readonly mail: LinkMail;
}

/** How somebody proves that they have read a mail. */
type Proof = { readonly token: string } | { readonly magic_link_id: string; readonly code: string };

/** Signs in with an account on a device, as a person would: until it works, or twice in vain. */
export class SignIn {
  private readonly askedFrom: Network;

  constructor(
    private readonly stage: Stage,
    private readonly device: Device,
    private readonly account: Account,
  ) {
    this.askedFrom = device.whereabouts(stage.timeline.minute);
  }

  async run(): Promise<void> {
    while (this.account.isSigningIn) await this.stage.timeline.wait(1);
    this.account.isSigningIn = true;
    await this.signIn();
    this.account.isSigningIn = false;
  }

  private async signIn(): Promise<void> {
    const { random } = this.device;
    await this.visit('/auth/sign-in', this.askedFrom);
    const first = await this.ask(this.askedFrom);
    if (first === undefined) return;
    const twice = random.chance(0.1);
    const second = twice ? await this.askAgain() : undefined;
    await this.stage.timeline.wait(random.between(1, 3));
    // Phones leave their Wi-Fi while people look for the mail.
    const moved = random.chance(0.3);
    const network = moved
      ? this.device.whereabouts(this.stage.timeline.minute + 90)
      : this.askedFrom;
    if (await this.prove(first, second, network)) {
      if (moved) this.stage.findings.count('elsewhere');
      return;
    }
    const again = await this.ask(network);
    if (again !== undefined) await this.open({ token: again.mail.token }, network);
  }

  /** @returns `undefined` when nothing came of it. */
  private async ask(network: Network): Promise<Asked | undefined> {
    const { findings, postOffice } = this.stage;
    const { status, code, body } = await this.post(
      'request',
      { email: this.account.email },
      network,
    );
    if (status !== 200) {
      findings.violate('requestRefused', `${status} ${code ?? ''}`, this.circumstances(network));
      return undefined;
    }
    const linkId = body['magic_link_id'] as string;
    this.stage.expectMail(linkId, this.circumstances(network));
    const mail = await postOffice.mailOf(linkId);
    return mail === undefined ? undefined : { linkId, mail };
  }

  private async askAgain(): Promise<Asked | undefined> {
    await this.stage.timeline.wait(this.device.random.between(1, 3));
    this.stage.findings.count('askedTwice');
    return this.ask(this.askedFrom);
  }

  /**
   * The page shows the link that was asked for last. Which mail comes first is chance, and so is
   * whether people open the link here or type the code, as they do with a mail on another device.
   */
  private async prove(first: Asked, second: Asked | undefined, network: Network): Promise<boolean> {
    const { random } = this.device;
    const shown = second ?? first;
    const read = second === undefined || random.chance(0.5) ? first : second;
    if (random.chance(0.6)) return this.openLink(read, network);
    if (random.chance(0.1)) await this.typeWrongCode(shown, read, network);
    return this.open({ magic_link_id: shown.linkId, code: read.mail.code }, network);
  }

  private async openLink({ mail: { token } }: Asked, network: Network): Promise<boolean> {
    await this.visit('/auth/link', network);
    await this.post('inspect', { token }, network);
    return this.open({ token }, network);
  }

  private async typeWrongCode(shown: Asked, { mail }: Asked, network: Network): Promise<void> {
    const last = (Number(mail.code.at(-1)) + 1) % 10;
    const code = `${mail.code.slice(0, -1)}${last}`;
    this.stage.findings.count('wrongCodes');
    await this.post('verify-code', { magic_link_id: shown.linkId, code }, network);
  }

  /** @returns whether a session was opened. */
  private async open(proof: Proof, network: Network): Promise<boolean> {
    const { findings, sessions, timeline } = this.stage;
    const { client, random, remembers } = this.device;
    const remember = random.chance(0.1) ? !remembers : remembers;
    const byLink = 'token' in proof;
    const answer = await this.post(
      byLink ? 'verify' : 'verify-code',
      { ...proof, ...client.signInBody({ remember }) },
      network,
    );
    if (answer.status !== 200) {
      findings.violate(
        byLink ? 'linkRefused' : 'codeRefused',
        `${answer.status} ${answer.code ?? ''}`,
        this.circumstances(network),
      );
      return false;
    }
    const session = { ...client.keep(answer), account: this.account, remembered: remember };
    if (sessions.open(this.device, session, timeline.minute)) findings.count('replaced');
    findings.count('signIns');
    findings.count(byLink ? 'byLink' : 'byCode');
    return true;
  }

  private visit(path: string, network: Network): Promise<void> {
    return this.device.client.visit(path, network(this.device.random));
  }

  private post(route: string, body: object, network: Network) {
    return this.device.client.call({
      method: 'POST',
      path: `/auth/magic-link/${route}`,
      body,
      address: network(this.device.random),
      showsSession: route.startsWith('verify'),
    });
  }

  private circumstances(network: Network): string {
    const { minute } = this.stage.timeline;
    const where = network === this.askedFrom ? 'where it was asked for' : 'elsewhere';
    return `minute ${minute}, ${this.account.email} on ${this.device.name}, ${where}`;
  }
}
