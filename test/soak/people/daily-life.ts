import type { Answer } from '../clients/connection';
import type { Stage } from '../stage';
import { MINUTES_A_DAY } from '../time/start';
import type { Network } from '../world/networks';
import type { Device } from './device';
import type { OwnerSession } from './owner-sessions';
import { SignIn } from './sign-in';

/** People are up from seven to eleven, and do things at full five minutes: fewer to stop at. */
const FIRST_HOUR = 7;
const LAST_HOUR = 23;
const GRAIN_MINUTES = 5;
const STEPS_AN_HOUR = 60 / GRAIN_MINUTES;

/** A session that ends so soon is not worth a call: the page has sent its owner to sign in. */
const NEARLY_EXPIRED_MINUTES = 2;

/** What becomes of one device, day after day. */
export class DailyLife {
  constructor(
    private readonly stage: Stage,
    private readonly device: Device,
  ) {}

  async run(days: number): Promise<void> {
    const { timeline } = this.stage;
    for (let day = 0; day < days; day += 1) {
      for (const minute of this.plan()) {
        await timeline.until(day * MINUTES_A_DAY + minute);
        await this.use();
      }
    }
  }

  /** The minutes of a day in which the device is used. */
  private plan(): number[] {
    const { random, busyness } = this.device;
    if (!random.chance(busyness)) return [];
    const uses = random.between(1, 3);
    const [first, last] = [FIRST_HOUR * STEPS_AN_HOUR, LAST_HOUR * STEPS_AN_HOUR];
    const steps = Array.from({ length: uses }, () => random.between(first, last));
    return steps.sort((a, b) => a - b).map((step) => step * GRAIN_MINUTES);
  }

  private async use(): Promise<void> {
    const { timeline } = this.stage;
    const { random, accounts } = this.device;
    const session = this.session();
    const account = session?.account ?? accounts[0];
    const other = accounts.find((one) => one !== account);
    const switches = other !== undefined && random.chance(0.25);
    // Some sign in again without need, as from an old bookmark.
    const again = random.chance(0.02);
    if (session === undefined || switches || again) {
      await new SignIn(this.stage, this.device, switches ? other : account).run();
    }
    const network = this.device.whereabouts(timeline.minute);
    if (!(await this.callAround(network))) {
      await new SignIn(this.stage, this.device, account).run();
      return;
    }
    if (random.chance(0.03)) await this.requestDesktopSite(network);
    if (random.chance(0.01)) await this.signOut(network);
  }

  /** The session that the device has, unless it is over, or as good as that. */
  private session(): OwnerSession | undefined {
    const session = this.device.client.session();
    const soon = this.stage.timeline.minute + NEARLY_EXPIRED_MINUTES;
    return session !== undefined && session.expires > soon
      ? this.stage.sessions.find(session.id)
      : undefined;
  }

  /** Uses the product, and the account page now and then. @returns whether all went well. */
  private async callAround(network: Network): Promise<boolean> {
    const { random } = this.device;
    const paths = Array.from({ length: random.between(1, 2) }, () => '/host/who');
    if (random.chance(0.1)) paths.push('/auth/session', '/auth/sessions');
    if (await this.callAll(paths, network)) return true;
    // Whoever sees an error reloads the page, which asks for three things at once.
    return this.callAll(['/host/who', '/host/who', '/auth/session'], network);
  }

  private async callAll(paths: readonly string[], network: Network): Promise<boolean> {
    if (this.session() === undefined) return false;
    const answers = await Promise.all(paths.map((path) => this.call(path, network)));
    return answers.every(({ status }) => status === 200);
  }

  private async call(path: string, network: Network): Promise<Answer> {
    const { findings, timeline } = this.stage;
    const { client, random, name } = this.device;
    const answer = await client.call({ method: 'GET', path, address: network(random) });
    findings.count('calls');
    if (answer.status !== 200) {
      findings.violate(
        'callRefused',
        `${answer.status} ${answer.code ?? ''}`,
        `minute ${timeline.minute}, ${path} on ${name}, session ${client.session()?.id ?? ''}`,
      );
      if (answer.code !== 'context_mismatch') client.giveUp();
    }
    return answer;
  }

  /** Five parallel calls with another user agent, which may be refused; then all is as before. */
  private async requestDesktopSite(network: Network): Promise<void> {
    const { findings } = this.stage;
    const { client, random } = this.device;
    const userAgent = this.device.desktopSite();
    if (userAgent === undefined) return;
    findings.count('desktopSites');
    const answers = await Promise.all(
      Array.from({ length: 5 }, () =>
        client.call({ method: 'GET', path: '/host/who', address: network(random), userAgent }),
      ),
    );
    findings.count('desktopSiteRefusals', answers.filter(({ status }) => status !== 200).length);
    await this.callAll(['/host/who'], network);
  }

  private async signOut(network: Network): Promise<void> {
    const { findings, sessions, timeline } = this.stage;
    const { client, random, name } = this.device;
    const session = this.session();
    if (session === undefined) return;
    // Half of them on the way, in another network than before.
    const from = random.chance(0.5) ? this.device.whereabouts(timeline.minute + 90) : network;
    const { status, code } = await client.call({
      method: 'POST',
      path: '/auth/logout',
      address: from(random),
      showsSession: true,
    });
    findings.count('signOuts');
    if (status === 204) client.signedOut();
    if (status !== 204 || client.session() !== undefined) {
      const where = `minute ${timeline.minute}, on ${name}`;
      findings.violate('signOutRefused', `${status} ${code ?? ''}`, where);
    }
    if (status === 204) sessions.signOut(session);
  }
}
