import type {
  AuthOptions,
  CleanUpOptions,
  DatabaseOptions,
  LimitOptions,
  MagicLinkOptions,
  MailOptions,
  SessionOptions,
} from './auth-options';
import type { ContextPolicy } from './context-policy-name';

/** How many seconds there are in each unit that a variable of the environment may have. */
export const SECONDS_IN = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 } as const;

interface Row {
  /** The variable of the environment that sets the option, if one does. */
  readonly variable?: string;
  /** What docs/options.md says of it: part of a sentence, in Markdown. */
  readonly text?: string;
}

/** A whole number. */
export interface NumberRow extends Row {
  /** In seconds where the option is a time, as the bounds are. */
  readonly default: number;
  readonly minimum: number;
  readonly maximum: number;
  /** The unit of the variable, where the option is a time. */
  readonly unit?: keyof typeof SECONDS_IN;
}

/** On or off. */
export interface SwitchRow extends Row {
  readonly default: boolean;
}

/** Its bounds are LIMIT_BOUNDS. The variable sets how many; `windowVariable`, in what time. */
export interface LimitRow extends Row {
  readonly default: Readonly<LimitOptions>;
  readonly windowVariable?: string;
}

/** A text, or a list of texts, whose form a parser checks. */
export interface TextRow extends Row {
  /** `required`, or what holds without it, in words: as `@default` in auth-options.ts has it. */
  readonly defaultInWords: string;
}

/** One of some names, with a default of its own or the one of another option. */
export type ChoiceRow<Name extends string = string> = Row & {
  readonly values: readonly Name[];
} & ({ readonly default: Name } | Pick<TextRow, 'defaultInWords'>);

/** The kind of row that an option of type `T` has. */
type RowFor<T> = [T] extends [number]
  ? NumberRow
  : [T] extends [boolean]
    ? SwitchRow
    : [T] extends [LimitOptions]
      ? LimitRow
      : [T] extends [ContextPolicy]
        ? ChoiceRow<ContextPolicy>
        : TextRow;

/** A row for each option of an interface, by its path: `session.` and `maxPerUser`. */
type RowsOf<Group extends string, Options> = {
  readonly [Name in keyof Options & string as `${Group}${Name}`]-?: RowFor<
    NonNullable<Options[Name]>
  >;
};

/** Options with options of their own. */
type GroupName = 'database' | 'magicLink' | 'session' | 'mail' | 'cleanUp';

/** Options that `AuthModuleOptions` adds, whose types this folder does not know. */
interface HostRows {
  readonly routes: SwitchRow;
  readonly dataSource: TextRow;
  readonly mailer: TextRow;
  readonly mailTemplates: TextRow;
}

/** A row for each option there is, and none besides: an interface of auth-options.ts decides. */
export type OptionRows = RowsOf<'', Omit<AuthOptions, GroupName>> &
  RowsOf<'database.', DatabaseOptions> &
  RowsOf<'magicLink.', MagicLinkOptions> &
  RowsOf<'session.', SessionOptions> &
  RowsOf<'mail.', MailOptions> &
  RowsOf<'cleanUp.', CleanUpOptions> &
  HostRows;
