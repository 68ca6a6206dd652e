import { type MailTemplateOptions, resolveMailDesign } from './mail-options';

describe('resolveMailDesign', () => {
  it('has a default for everything', () => {
    expect(resolveMailDesign({})).toEqual({
      productName: 'MIRA Auth',
      accent: '#1d4ed8',
      onAccent: '#ffffff',
      supportAddress: undefined,
    });
  });

  it.each([
    ['#ffffff', '#000000'],
    ['#000000', '#ffffff'],
    ['#FFD700', '#000000'],
    ['#c2185b', '#ffffff'],
  ])('writes legibly on %s: in %s', (accent, onAccent) => {
    expect(resolveMailDesign({ colours: { accent } }).onAccent).toBe(onAccent);
  });

  it.each<[string, MailTemplateOptions]>([
    ['mail.productName', { productName: '' }],
    ['mail.productName', { productName: 'Acme\r\nBcc: eve@example.net' }],
    ['mail.productName', { productName: 'x'.repeat(101) }],
    ['mail.supportAddress', { supportAddress: 'help' }],
    ['mail.supportAddress', { supportAddress: 'help@example.com\nx' }],
    ['mail.colours.accent', { colours: { accent: 'red' } }],
    ['mail.colours.accent', { colours: { accent: '#fff;background:url(x)' } }],
  ])('refuses a bad %s with one line that names it', (name, options) => {
    expect(() => resolveMailDesign(options)).toThrow(
      new RegExp(`^${name.replaceAll('.', '\\.')} must [^\\n]+$`),
    );
  });
});
