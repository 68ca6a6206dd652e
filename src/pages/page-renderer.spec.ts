import { type PageName, PageRenderer } from './page-renderer.service';

const PAGES: readonly PageName[] = ['sign-in', 'link', 'account', 'report'];
const OPTIONS = {
  publicUrl: 'https://auth.example.com',
  allowedRedirects: [{ origin: 'https://app.example.com', pathPrefix: '/in' }],
};
const renderer = new PageRenderer(OPTIONS);

describe.each(PAGES)('the %s page', (page) => {
  const html = renderer.render(page, 'en');

  it('has no placeholder left that the server replaces', () => {
    expect(html).not.toMatch(/\{product\}|\{publicUrl\}|undefined|\[object/);
    expect(html).toContain('MIRA Auth');
  });

  it('holds nothing inline, and loads from its own origin only', () => {
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i);
    for (const [, attributes = '', content] of html.matchAll(/<script([^>]*)>(.*?)<\/script>/gs)) {
      expect([attributes, content]).toEqual([
        expect.stringMatching(/ src="\/auth\/assets\/[\w-]+\.js"$/),
        '',
      ]);
    }
    const addresses = [...html.matchAll(/(?:src|href|action)="([^"]*)"/g)].map(([, url]) => url);
    expect(addresses.filter((url) => !/^\/auth\/[\w/.-]+$/.test(url ?? ''))).toEqual([]);
  });

  it('shows only a notice where scripts don’t run', () => {
    expect(html).toMatch(/<noscript><p[^>]*>This page needs JavaScript/);
    const states = html.match(/<section [^>]*>/g) ?? [];
    expect(states.filter((state) => !state.endsWith(' hidden>'))).toEqual([]);
    expect(states.length).toBeGreaterThan(1);
  });

  it('labels every field, and declares its language', () => {
    for (const [, id] of html.matchAll(/<input [^>]*id="([\w-]+)"/g)) {
      expect(html).toContain(`<label for="${id ?? ''}">`);
    }

    expect(renderer.render(page, 'de-AT')).toContain('<html lang="de">');
  });

  it('escapes whatever the host calls its product', () => {
    const named = new PageRenderer(OPTIONS, { productName: `<img src=x>"'&` }).render(page, 'en');
    expect(named).not.toContain('<img src=x>');
    expect(named).toContain('&lt;img src=x&gt;&quot;&#39;&amp;');
  });
});

describe('a page that a mail links to', () => {
  it.each(['link', 'report'] as const)(
    'removes the token from the URL before anything else: %s',
    (page) => {
      const [first] = renderer.render(page, 'en').match(/<(?:script|link|img|style)[^>]*>/) ?? [];
      expect(first).toBe('<script src="/auth/assets/fragment.js">');
    },
  );
});

describe('the sign-in page', () => {
  const wayOn = (target?: string): string | undefined =>
    /<a class="button primary" href="([^"]*)">Continue/.exec(
      renderer.render('sign-in', 'en', target),
    )?.[1];

  it('lets somebody who is signed in go on to an allowed target', () => {
    expect(wayOn('https://app.example.com/in?a=1&b=2')).toBe(
      'https://app.example.com/in?a=1&amp;b=2',
    );
  });

  it.each([undefined, '', 'https://evil.example/', '//evil.example', 'javascript:alert(1)'])(
    'leads to the account page instead of %s',
    (target) => {
      expect(wayOn(target)).toBe('/auth/account');
    },
  );
});
