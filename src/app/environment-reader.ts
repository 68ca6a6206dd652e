/** Variables by name, as `process.env` has them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * A variable is missing or of the wrong form. The message is one line that names the variable and
 * says what is wanted; it never holds the value, which may be a secret.
 */
export class ConfigurationError extends TypeError {
  override readonly name = 'ConfigurationError';
}

/** Characters that no value of ours has; a line break among them would end the one line. */
const CONTROL_CHARACTER = /[\0-\x1f\x7f]/;

/**
 * Reads variables of one environment, strictly: a value that has to be guessed at is refused.
 * Every method throws {@link ConfigurationError}.
 */
export class EnvironmentReader {
  private readonly known = new Set<string>();

  constructor(private readonly variables: Variables) {}

  /** @returns the value, `undefined` when the variable is not set. A set one is never empty. */
  text(name: string): string | undefined {
    this.known.add(name);
    const value = this.variables[name];
    if (value === undefined) return undefined;
    if (value.trim() === '') {
      throw new ConfigurationError(`${name} is empty: give it a value, or remove it`);
    }

    if (CONTROL_CHARACTER.test(value)) {
      throw new ConfigurationError(`${name} must have no line breaks or other control characters`);
    }

    return value;
  }

  /** @param wanted what the value would be, such as `the sender's address`. */
  required(name: string, wanted: string): string {
    const value = this.text(name);
    if (value === undefined) {
      throw new ConfigurationError(`${name} is missing: set it to ${wanted}`);
    }

    return value;
  }

  integer(name: string, fallback: number, minimum: number, maximum: number): number {
    const value = this.text(name);
    if (value === undefined) return fallback;
    const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
    if (!(number >= minimum && number <= maximum)) {
      throw new ConfigurationError(
        `${name} must be a whole number from ${minimum.toString()} to ${maximum.toString()}`,
      );
    }
    return number;
  }

  boolean(name: string, fallback = false): boolean {
    return (this.oneOf(name, ['true', 'false']) ?? fallback.toString()) === 'true';
  }

  oneOf<Name extends string>(name: string, names: readonly Name[]): Name | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const found = names.find((candidate) => candidate === value);
    if (found === undefined) throw new ConfigurationError(`${name} must be ${listed(names)}`);

    return found;
  }

  /** Comma-separated values; white space around each is dropped, and an empty one is refused. */
  list(name: string): string[] | undefined {
    const entries = this.text(name)
      ?.split(',')
      .map((entry) => entry.trim());
    if (entries?.includes('')) {
      throw new ConfigurationError(`${name} must be a comma-separated list without empty entries`);
    }

    return entries;
  }

  /**
   * Reads a value by a parser of its own.
   *
   * @param parse throws what it likes about a value of the wrong form.
   * @param wanted completes "NAME must be …"; without it the parser's own message is used, which
   *   must name the variable and not hold the value.
   */
  parsed<T>(name: string, parse: (value: string) => T, wanted?: string): T | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : parsedBy(() => parse(value), name, wanted);
  }

  /** As {@link parsed}, for every entry of a list. */
  parsedList<T>(name: string, parse: (entry: string) => T, wanted?: string): T[] | undefined {
    return this.list(name)?.map((entry) => parsedBy(() => parse(entry), name, wanted));
  }

  /** Marks variables as known that are not read now. */
  ignore(...names: readonly string[]): void {
    names.forEach((name) => this.known.add(name));
  }

  /** Names with our prefix that nothing has read: misspelt ones, most likely. */
  unknown(prefix: string): string[] {
    return Object.keys(this.variables)
      .filter((name) => name.startsWith(prefix) && !this.known.has(name))
      .filter((name) => this.variables[name] !== undefined && /^\w{1,80}$/.test(name))
      .sort();
  }
}

function parsedBy<T>(parse: () => T, name: string, wanted: string | undefined): T {
  try {
    return parse();
  } catch (error) {
    if (wanted === undefined && error instanceof TypeError) {
      throw new ConfigurationError(error.message, { cause: error });
    }

    throw new ConfigurationError(`${name} must be ${wanted ?? 'of another form'}`, {
      cause: error,
    });
  }
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`;
}
