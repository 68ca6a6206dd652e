import { MailLanguages } from './mail-languages';
import { ENGLISH } from './texts/english';
import { GERMAN } from './texts/german';

const FRENCH = { signInLink: { subject: 'Connexion à {product}' } };

function subjectIn(languages: MailLanguages, locale: string | null): string {
  return languages.choose(locale).texts.signInLink.subject;
}

describe('MailLanguages', () => {
  it.each([
    ['de', 'de'],
    ['de-AT', 'de'],
    ['DE-at', 'de'],
    ['en-GB', 'en'],
    ['fr', 'en'],
    ['', 'en'],
    ['not a tag', 'en'],
    [null, 'en'],
  ])('chooses for %j the best available language, %s', (locale, chosen) => {
    expect(new MailLanguages({}, 'Acme').choose(locale).locale).toBe(chosen);
  });

  it('puts the name of the product into every text', () => {
    const { texts } = new MailLanguages({}, 'Acme').choose('de');
    expect(texts.signInLink.subject).toBe('Anmeldung bei Acme');
    expect(JSON.stringify(texts)).not.toContain('{product}');
  });

  it('has every text in both built-in languages, and each differs', () => {
    for (const section of Object.keys(ENGLISH) as (keyof typeof ENGLISH)[]) {
      expect(Object.keys(GERMAN[section])).toEqual(Object.keys(ENGLISH[section]));
      for (const [name, text] of Object.entries(GERMAN[section])) {
        expect(text).not.toBe('');
        expect(text).not.toBe(new Map(Object.entries(ENGLISH[section])).get(name));
      }
    }
  });

  it('merges changed texts into a built-in language', () => {
    const texts = { de: { signInLink: { subject: 'Rein zu {product}' } } };
    const { signInLink } = new MailLanguages({ texts }, 'Acme').choose('de').texts;
    expect(signInLink.subject).toBe('Rein zu Acme');
    expect(signInLink.button).toBe(GERMAN.signInLink.button);
  });

  it('takes the missing texts of a further language from the default one', () => {
    const languages = new MailLanguages({ texts: { fr: FRENCH }, defaultLocale: 'de' }, 'Acme');
    const { locale, texts } = languages.choose('fr-CA');
    expect(locale).toBe('fr');
    expect(texts.signInLink.subject).toBe('Connexion à Acme');
    expect(texts.signInLink.button).toBe(GERMAN.signInLink.button);
  });

  it('builds a regional variant on its language, in whichever order they are given', () => {
    const texts = { 'fr-CA': { signInLink: { button: 'Entrer' } }, fr: FRENCH };
    const { signInLink } = new MailLanguages({ texts }, 'Acme').choose('fr-CA').texts;
    expect(signInLink).toMatchObject({ subject: 'Connexion à Acme', button: 'Entrer' });
  });

  it('takes plural forms of its own for a further language', () => {
    const polish = { few: '{count} inne sesje', other: '{count} innych sesji' };
    const languages = new MailLanguages({ texts: { pl: { otherSessions: polish } } }, 'Acme');
    expect(languages.choose('pl').texts.otherSessions).toEqual({
      ...ENGLISH.otherSessions,
      ...polish,
    });
  });

  it('uses the default language for everybody else', () => {
    const languages = new MailLanguages({ texts: { fr: FRENCH }, defaultLocale: 'fr' }, 'Acme');
    expect(subjectIn(languages, 'ja')).toBe('Connexion à Acme');
  });

  it('refuses a default language without texts, and malformed tags', () => {
    expect(() => new MailLanguages({ defaultLocale: 'fr' }, 'Acme')).toThrow('mail.defaultLocale');
    expect(() => new MailLanguages({ texts: { 'not a tag': {} } }, 'Acme')).toThrow('mail.texts');
  });
});
