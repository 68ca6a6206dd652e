import fc from 'fast-check';

import type { RedirectRule } from '../config/resolved-options';
import { isAllowedRedirect } from './redirect-policy';

const RULES: readonly RedirectRule[] = [
  { origin: 'https://app.example.com', pathPrefix: '/in' },
  { origin: 'https://shop.example.com', pathPrefix: '/folder/' },
  { origin: 'http://localhost:4200', pathPrefix: '/' },
];

const APP = 'https://app.example.com/in';

describe('A redirect that is on the allow-list', () => {
  it.each([
    APP,
    `${APP}/`,
    `${APP}/deep/er`,
    `${APP}/deep/er/`,
    `${APP}?next=1&empty=`,
    `${APP}#section`,
    `${APP}/file.name-1_2~3`,
    `${APP}/a%20b%C3%A4`,
    `${APP}?next=https%3A%2F%2Fapp.example.com%2F`,
    'https://shop.example.com/folder/',
    'https://shop.example.com/folder/item',
    'http://localhost:4200',
    'http://localhost:4200/',
    'http://localhost:4200/anything',
  ])('may be %s', (target) => {
    expect(isAllowedRedirect(target, RULES)).toBe(true);
  });

  it('may be 1,024 characters long, and no longer', () => {
    expect(isAllowedRedirect(`${APP}/`.padEnd(1_024, 'a'), RULES)).toBe(true);
    expect(isAllowedRedirect(`${APP}/`.padEnd(1_025, 'a'), RULES)).toBe(false);
  });
});

describe('B6: a redirect is refused', () => {
  it.each<[string, string[]]>([
    ['without a scheme', ['//app.example.com/in', '//evil.example', '/in', 'in', '', '?x', '#x']],
    [
      'with another scheme',
      [
        'http://app.example.com/in',
        'ftp://app.example.com/in',
        'javascript:alert(1)',
        'javascript://app.example.com/in%0aalert(1)',
        'JaVaScRiPt:alert(1)',
        'data:text/html,x',
        'blob:https://app.example.com/in',
        'vbscript:x',
        'file:///in',
        'intent://app.example.com/in',
      ],
    ],
    [
      'with a malformed scheme',
      [
        'https:/app.example.com/in',
        'https:app.example.com/in',
        'https:///app.example.com/in',
        'HTTPS://app.example.com/in',
        'https//app.example.com/in',
      ],
    ],
    [
      'with a backslash',
      [
        'https:\\\\app.example.com\\in',
        'https://app.example.com\\in',
        'https://evil.example\\@app.example.com/in',
        'https://app.example.com/in\\..\\..',
        '\\\\evil.example',
        '/\\evil.example',
      ],
    ],
    [
      'with credentials',
      [
        'https://app.example.com@evil.example/in',
        'https://user@app.example.com/in',
        'https://user:password@app.example.com/in',
        'https://:@app.example.com/in',
        'https://@app.example.com/in',
        'https://evil.example%40app.example.com/in',
      ],
    ],
    [
      'on another host',
      [
        'https://evil.example/in',
        'https://app.example.com.evil.example/in',
        'https://evilapp.example.com/in',
        'https://evil.app.example.com/in',
        'https://example.com/in',
        'https://app.example.com./in',
        'https://evil.example/https://app.example.com/in',
        'https://evil.example?https://app.example.com/in',
        'https://evil.example#https://app.example.com/in',
        'https://evil.example;app.example.com/in',
      ],
    ],
    [
      'on another port',
      [
        'https://app.example.com:8443/in',
        'https://app.example.com:80/in',
        'https://app.example.com:443/in',
        'https://app.example.com:/in',
        'http://localhost/',
        'http://localhost:42000/',
      ],
    ],
    [
      'with the prefix as a part of a longer name',
      [
        'https://app.example.com/inside',
        'https://app.example.com/in.evil',
        'https://app.example.com/in;x',
        'https://app.example.com/in%20side',
        'https://shop.example.com/folder',
        'https://shop.example.com/folders/',
      ],
    ],
    [
      'outside the prefix',
      [
        'https://app.example.com',
        'https://app.example.com/',
        'https://app.example.com/IN',
        'https://app.example.com/other/in',
        'https://app.example.com//in',
        'https://app.example.com/?/in',
        'https://app.example.com/#/in',
      ],
    ],
    [
      'with dots that lead out of the prefix',
      [
        `${APP}/..`,
        `${APP}/../admin`,
        `${APP}/./x`,
        `${APP}/%2e%2e/admin`,
        `${APP}/%2E%2E/admin`,
        `${APP}/.%2e/admin`,
        `${APP}/x/..%2f..%2fadmin`,
        `${APP}/x%2f..`,
      ],
    ],
    [
      'with characters that are encoded, once or twice, to get past checks',
      [
        `${APP}/%252e%252e/admin`,
        `${APP}/%25%32%65`,
        `${APP}/%5c%5cevil.example`,
        `${APP}/%5C..`,
        `${APP}/%2f%2fevil.example`,
        `${APP}%2fadmin`,
        `${APP}/%00`,
        `${APP}/%0d%0aSet-Cookie:x`,
        `${APP}/%0A`,
        `${APP}/%09`,
        `${APP}/%1f`,
        `${APP}/%7f`,
        'https://app%2eexample.com/in',
        'https://%61pp.example.com/in',
      ],
    ],
    ['with an empty segment', [`${APP}//`, `${APP}//evil.example`, `${APP}/a//b`]],
    [
      'with control characters',
      [
        `${APP}\n`,
        `${APP}\r\nLocation: https://evil.example`,
        `${APP}\t`,
        `${APP}\0`,
        `${APP}\u007f`,
        `${APP}/a\nb`,
        `java\nscript:alert(1)`,
        `ht\ntps://app.example.com/in`,
        `\u0001${APP}`,
      ],
    ],
    [
      'with blanks, quotes or angle brackets',
      [` ${APP}`, `${APP} `, `${APP}/a b`, `${APP}/"onload="x`, `${APP}/<script>`, `${APP}?q=">`],
    ],
    [
      'with characters outside ASCII',
      [
        'https://äpp.example.com/in',
        'https://ａpp.example.com/in',
        'https://app。example.com/in',
        'https://app.example.com／in',
        `${APP}/ä`,
        `${APP}/\u202e`,
        `${APP}/\u200b`,
        `${APP}/\ud800`,
        `${APP}\u2028`,
      ],
    ],
    [
      'in another spelling of the host',
      [
        'https://APP.example.com/in',
        'http://LOCALHOST:4200/',
        'http://127.0.0.1:4200/',
        'http://[::1]:4200/',
      ],
    ],
    ['when it is very long', [`${APP}/${'a'.repeat(100_000)}`, 'a'.repeat(1_000_000)]],
  ])('%s', (_name, targets) => {
    expect(targets.filter((target) => isAllowedRedirect(target, RULES))).toEqual([]);
  });

  it('always, when the allow-list is empty', () => {
    expect(isAllowedRedirect(APP, [])).toBe(false);
  });

  it('for any text, unless the URL parser finds an allowed origin and path in it', () => {
    const piece = fc.constantFrom(
      ...['https:', 'http:', '/', '//', '\\', '@', ':', '?', '#', '.', '..', '%2e', '%2f', '%5c'],
      ...['app.example.com', 'evil.example', 'in', 'inside', 'localhost:4200', '\n', ' ', 'ä'],
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((pieces) => pieces.join('')),
      fc.array(piece).map((pieces) => `https://app.example.com/in${pieces.join('')}`),
    );
    fc.assert(
      fc.property(text, (target) => {
        if (!isAllowedRedirect(target, RULES)) return;
        const { origin, pathname, username, password } = new URL(target);
        expect(username + password).toBe('');
        if (origin === 'http://localhost:4200') return;
        expect(origin).toBe('https://app.example.com');
        expect(pathname === '/in' || pathname.startsWith('/in/')).toBe(true);
        expect(decodeURIComponent(pathname)).not.toMatch(/(?:^|\/)\.\.(?:\/|$)|\\|\/\//);
      }),
      { numRuns: 2_000 },
    );
  });
});
