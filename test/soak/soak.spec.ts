import { waitFor } from '../support/wait-for';
import { Browser } from './clients/browser';
import { Connection } from './clients/connection';
import { PostOffice } from './clients/post-office';
import { type Count, COUNTS, type Findings } from './findings';
import { reportOf } from './report';
import { runSoak } from './run-soak';
import { type SimulatedService, startSimulatedService } from './time/simulated-service';
import { timeOf } from './time/start';
import { Timeline } from './time/timeline';
import { CHROME_ON_ANDROID } from './world/agents';

/**
 * The short form of docs/soak.md. The full run is `main.ts` (`npm run soak`); its figures stand
 * there.
 */
const SHORT_FORM = { people: 25, days: 30, thefts: 25, seed: 20_310_303 };

/** What a run must have tried, or it proves nothing. */
const TRIED: readonly Count[] = [
  'byLink',
  'byCode',
  'elsewhere',
  'askedTwice',
  'wrongCodes',
  'replaced',
  'signOuts',
  'scannedLinks',
  'pressedReports',
  'desktopSites',
  'newDevices',
  'cleanUps',
];

const ADDRESS = '198.51.100.7';

describe('simulated time', () => {
  let service: SimulatedService;
  let connection: Connection;
  let timeline: Timeline;
  const postOffice = new PostOffice(
    () => undefined,
    async () => false,
  );

  beforeAll(async () => {
    service = await startSimulatedService(postOffice);
    connection = new Connection(service.url);
    timeline = new Timeline();
  });

  afterAll(async () => {
    connection.close();
    await service.stop();
  });

  const goTo = async (minute: number): Promise<void> => {
    timeline.minute = minute;
    await service.setTime(timeOf(minute));
  };

  const newBrowser = (): Browser => new Browser(CHROME_ON_ANDROID, () => 0, connection, timeline);

  const ask = (browser: Browser, email: string) =>
    browser.call({
      method: 'POST',
      path: '/auth/magic-link/request',
      body: { email },
      address: ADDRESS,
    });

  /** Asks for a link. @returns its token, as mailed. */
  const askForToken = async (browser: Browser, email: string) => {
    const { body } = await ask(browser, email);
    return waitFor('the mail', async () => {
      const mail = await postOffice.mailOf(body['magic_link_id'] as string);
      return mail?.token;
    });
  };

  const open = (browser: Browser, token: string) =>
    browser.call({
      method: 'POST',
      path: '/auth/magic-link/verify',
      body: { token, ...browser.signInBody({ remember: false }) },
      address: ADDRESS,
    });

  const outcome = ({ status, code }: { status: number; code: string | undefined }) =>
    `${status} ${code ?? 'ok'}`;

  it('ends a session of 24 hours after 24 hours, and not before', async () => {
    await goTo(10);
    const browser = newBrowser();
    const token = await askForToken(browser, 'session@example.com');
    expect(outcome(await open(browser, token))).toBe('200 ok');
    const { session } = browser.loot();
    const call = () =>
      connection.send({
        method: 'GET',
        path: '/host/who',
        headers: {
          'User-Agent': CHROME_ON_ANDROID.userAgent(0),
          'X-Forwarded-For': ADDRESS,
          ...session,
        },
      });

    await goTo(10 + 24 * 60 - 2);
    expect(outcome(await call())).toBe('200 ok');
    await goTo(10 + 25 * 60);
    expect(outcome(await call())).toBe('401 session_expired');
  });

  it.each([
    [14, '200 ok'],
    [16, '401 link_expired'],
  ])('%i minutes after it was asked for, a link answers %s', async (minutes, expected) => {
    const { minute } = timeline;
    const browser = newBrowser();
    const token = await askForToken(browser, `link-${minutes}@example.com`);
    await goTo(minute + minutes);
    expect(outcome(await open(browser, token))).toBe(expected);
  });

  it('moves the windows of limits', async () => {
    const { minute } = timeline;
    const browser = newBrowser();
    const outcomes = [];
    for (const minutes of [0, 1, 2, 3, 16]) {
      await goTo(minute + minutes);
      outcomes.push(outcome(await ask(browser, 'limit@example.com')));
    }
    expect(outcomes).toEqual(['200 ok', '200 ok', '200 ok', '429 rate_limited', '200 ok']);
  });

  it('is the only time that the schema knows', async () => {
    const readers = await service.sql<{ what: string; text: string }>(
      `SELECT format('default of %s.%I', adrelid::regclass, attname) AS what,
              pg_get_expr(adbin, adrelid) AS text
         FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
        UNION ALL
       SELECT format('trigger %I', tgname), pg_get_triggerdef(oid) FROM pg_trigger
        WHERE NOT tgisinternal
        UNION ALL
       SELECT format('function %I', proname),
              prosrc || CASE WHEN proconfig IS NULL OR proconfig::text ~ 'search_path=sim,'
                             THEN '' ELSE ' in real time' END
         FROM pg_proc WHERE pronamespace = 'public'::regnamespace`,
    );
    const reading = readers.filter(({ text }) => /now\(\)|clock_timestamp\(\)/.test(text));
    expect(reading.length).toBeGreaterThan(5);
    const ofFunctions = reading.filter(({ what }) => what.startsWith('function '));
    const others = reading.filter((reader) => !ofFunctions.includes(reader));
    expect(ofFunctions.filter(({ text }) => text.endsWith(' in real time'))).toEqual([]);
    expect(others.filter(({ text }) => !/sim\.(now|clock_timestamp)\(\)/.test(text))).toEqual([]);
  });
});

describe('people who use the service for a month', () => {
  let findings: Findings;

  beforeAll(async () => {
    findings = await runSoak(SHORT_FORM);
  });

  it('meet nothing that is meant for thieves', () => {
    if (findings.violated > 0) throw new Error(reportOf(findings));
  });

  it('would be seen to be refused, under a policy that is meant for others', async () => {
    const control = await runSoak({
      people: 4,
      days: 2,
      thefts: 0,
      seed: SHORT_FORM.seed,
      contextPolicy: 'exact',
    });
    expect(control.violations.get('callRefused')).toBeGreaterThan(0);
  });

  it('have done all that they are there for', () => {
    const untried = TRIED.filter((count) => findings.countOf(count) === 0);
    expect(untried.map((count) => COUNTS[count])).toEqual([]);
  });

  it('are robbed in three ways: two are refused, and the third is not defended', () => {
    const { thefts } = SHORT_FORM;
    expect([
      findings.countOf('sessionThefts'),
      findings.countOf('otherAgentThefts'),
      findings.countOf('wholeJarThefts'),
    ]).toEqual([thefts, thefts, thefts]);
    expect([
      findings.violations.get('sessionTheft') ?? 0,
      findings.violations.get('otherAgentTheft') ?? 0,
      findings.countOf('wholeJarTheftsPassed'),
    ]).toEqual([0, 0, thefts]);
  });
});
