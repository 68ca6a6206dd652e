import type { LimitOptions } from '../config/auth-options';
import type { ContextPolicy } from '../config/context-policy-name';
import {
  type ChoiceRow,
  type LimitRow,
  type NumberRow,
  SECONDS_IN,
  type SwitchRow,
} from '../config/option-row';
import { LIMIT_BOUNDS, type NameOf, OPTION_TABLE } from '../config/option-table';
import type { EnvironmentReader } from './environment-reader';

interface WithVariable {
  readonly variable: string;
}

/**
 * Reads options by the variables of OPTION_TABLE, with the defaults and bounds that they have there.
 * Every method takes the path of an option, and throws ConfigurationError.
 */
export class OptionReader {
  constructor(private readonly reader: EnvironmentReader) {}

  /** @returns seconds, where the option is a time and whatever the variable's unit. */
  number(name: NameOf<NumberRow & WithVariable>): number {
    const row: NumberRow & WithVariable = OPTION_TABLE[name];
    const unit = SECONDS_IN[row.unit ?? 'seconds'];
    // A time that may be as short as a second is at least one whole unit here.
    const minimum = Math.ceil(row.minimum / unit);
    const maximum = Math.floor(row.maximum / unit);
    return this.reader.integer(row.variable, row.default / unit, minimum, maximum) * unit;
  }

  onOrOff(name: NameOf<SwitchRow & WithVariable>): boolean {
    const row = OPTION_TABLE[name];
    return this.reader.boolean(row.variable, row.default);
  }

  /** A window without a variable of its own stays as it is by default. */
  limit(name: NameOf<LimitRow & WithVariable>): LimitOptions {
    const row: LimitRow & WithVariable = OPTION_TABLE[name];
    const read = (variable: string, part: keyof LimitOptions): number => {
      const { minimum, maximum } = LIMIT_BOUNDS[part];
      return this.reader.integer(variable, row.default[part], minimum, maximum);
    };
    return {
      limit: read(row.variable, 'limit'),
      windowSeconds:
        row.windowVariable === undefined
          ? row.default.windowSeconds
          : read(row.windowVariable, 'windowSeconds'),
    };
  }

  /** @returns `undefined` without the variable: what holds then may be another option's. */
  contextPolicy(name: NameOf<ChoiceRow & WithVariable>): ContextPolicy | undefined {
    const { variable, values } = OPTION_TABLE[name];
    return this.reader.oneOf(variable, values);
  }
}
