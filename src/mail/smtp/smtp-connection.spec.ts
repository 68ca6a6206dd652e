import fc from 'fast-check';

import { parseSmtpConnection } from './smtp-connection';

function parse(smtpUrl: string, dangerouslyAllowPlaintext = false) {
  return parseSmtpConnection({ smtpUrl, dangerouslyAllowPlaintext });
}

describe('parseSmtpConnection', () => {
  it('decodes user and password from percent-encoding', () => {
    expect(parse('smtp://us%40er:p%3Aw@mail.example.com:2525')).toMatchObject({
      host: 'mail.example.com',
      port: 2525,
      auth: { user: 'us@er', pass: 'p:w' },
    });
  });

  it('does not log in without a user', () => {
    expect(parse('smtp://mail.example.com')).not.toHaveProperty('auth');
  });

  it.each([
    ['smtps://mail.example.com', 465],
    ['smtp://mail.example.com', 587],
  ])('uses the default port of the protocol for %s', (url, port) => {
    expect(parse(url).port).toBe(port);
  });

  it.each(['mail.example.com', '10.0.0.1', '[2001:db8::1]', '127.0.0.1.example.com', '0x7f.1'])(
    'requires STARTTLS and a valid certificate of %s',
    (host) => {
      expect(parse(`smtp://${host}`)).toMatchObject({
        secure: false,
        requireTLS: true,
        tls: { rejectUnauthorized: true },
      });
    },
  );

  it.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.1.2.3', '[::1]'])(
    'lets mail travel unencrypted to %s, which is this machine',
    (host) => {
      expect(parse(`smtp://${host}`)).toMatchObject({ secure: false, requireTLS: false });
    },
  );

  it('lets mail travel unencrypted anywhere with the dangerous option', () => {
    expect(parse('smtp://mail.example.com', true)).toMatchObject({ requireTLS: false });
  });

  it.each(['mail.example.com', 'localhost'])('verifies the certificate of smtps://%s', (host) => {
    expect(parse(`smtps://${host}`, true)).toMatchObject({
      secure: true,
      tls: { rejectUnauthorized: true },
    });
  });

  it('takes the brackets off an IPv6 address', () => {
    expect(parse('smtp://[::1]:1025').host).toBe('::1');
  });

  it.each([
    'mail.example.com',
    'http://mail.example.com',
    'smtp://',
    'smtp:///path',
    'smtp://mail.example.com/path',
    'smtp://mail.example.com?tls.rejectUnauthorized=false',
    'smtp://mail.example.com#fragment',
    'smtp://user:%zz@mail.example.com',
  ])('refuses %s with one line that names the option', (url) => {
    expect(() => parse(url)).toThrow(/^mail\.smtpUrl must [^\n]+$/);
  });

  it('never repeats a refused URL', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z%:/@?#]{0,20}$/), (rest) => {
        try {
          parse(`smtp://user:s3cret${rest}`);
        } catch (error) {
          expect(String(error)).not.toContain('s3cret');
        }
      }),
    );
  });
});
