import { type ArgumentMetadata, type ValidationError, ValidationPipe } from '@nestjs/common';

import { type FieldError, InvalidRequestError } from '../../common/errors';

/** A name that may be repeated to the client; any other one is only counted as unknown. */
const FIELD_NAME = /^[A-Za-z0-9_]{1,40}$/;

/** A body of 16 KiB holds thousands of unknown fields; the answer doesn't list them all. */
const MAX_FIELD_ERRORS = 20;

/** class-validator's name for a field that the DTO doesn't have. */
const UNKNOWN_FIELD = 'whitelistValidation';
const UNKNOWN_FIELD_MESSAGE = 'is not a known field';

/**
 * The pipe for all DTOs of our controllers: unknown fields are refused, nothing is converted
 * unless the DTO says so, and errors are `invalid_request` with one entry a field.
 */
export function authValidationPipe(): ValidationPipe {
  return new AuthValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    stopAtFirstError: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors: ValidationError[]) => new InvalidRequestError(fieldErrors(errors)),
  });
}

class AuthValidationPipe extends ValidationPipe {
  /**
   * A body that is `null`, an array or a primitive never was an object with fields. Nest takes
   * `null` for an empty object, and looks at each element of an array. And class-transformer
   * leaves out fields that every object inherits, such as `toString`, where they are to be refused.
   */
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'body' && value !== undefined && this.toValidate(metadata)) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw new InvalidRequestError([{ field: 'body', message: 'must be an object' }]);
      }

      const inherited = Object.keys(value).filter((name) => name in Object.prototype);
      if (inherited.length > 0) {
        const fields = inherited.map((field) => ({ field, message: UNKNOWN_FIELD_MESSAGE }));
        throw new InvalidRequestError(fields);
      }
    }
    return super.transform(value, metadata);
  }
}

function fieldErrors(errors: readonly ValidationError[]): readonly FieldError[] {
  const byField = new Map<string, FieldError>();
  for (const error of errors) {
    const field = FIELD_NAME.test(error.property) ? error.property : 'unknown';
    if (!byField.has(field)) byField.set(field, { field, message: messageOf(error) });

    if (byField.size === MAX_FIELD_ERRORS) break;
  }
  return [...byField.values()];
}

function messageOf(error: ValidationError): string {
  const [constraint] = Object.entries(error.constraints ?? {});
  if (constraint === undefined) return 'is not valid';

  // class-validator's own message for this one repeats the name that was sent.
  return constraint[0] === UNKNOWN_FIELD ? UNKNOWN_FIELD_MESSAGE : constraint[1];
}
