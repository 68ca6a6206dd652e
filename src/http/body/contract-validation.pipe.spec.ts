import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

import { InvalidRequestError } from '../../common/errors';
import { authValidationPipe } from './contract-validation.pipe';

class SignInDto {
  @IsString()
  @MaxLength(10)
  token: string;

  @IsOptional()
  @IsString()
  device?: string;
}

class OptionalDto {
  @IsOptional()
  @IsString()
  note?: string;
}

class PageDto {
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;
}

const pipe = authValidationPipe();
const body = (value: unknown, metatype: new () => object = SignInDto) =>
  pipe.transform(value, { type: 'body', metatype }) as Promise<unknown>;
const fieldsOf = async (result: Promise<unknown>) => {
  const error = await result.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InvalidRequestError);
  return (error as InvalidRequestError).fields;
};

describe('authValidationPipe', () => {
  it('makes an instance of the DTO of a body that fits', async () => {
    const dto = await body({ token: 'abc', device: 'd' });
    expect(dto).toBeInstanceOf(SignInDto);
    expect(dto).toEqual({ token: 'abc', device: 'd' });
  });

  it('names each field at fault once, with the rule it breaks', async () => {
    expect(await fieldsOf(body({ token: 'x'.repeat(11), device: 7 }))).toEqual([
      { field: 'token', message: 'token must be shorter than or equal to 10 characters' },
      { field: 'device', message: 'device must be a string' },
    ]);
  });

  it.each([1, true, ['a'], { a: 'b' }, null])(
    'converts nothing: %j is no string',
    async (token) => {
      expect((await fieldsOf(body({ token })))[0]).toMatchObject({ field: 'token' });
    },
  );

  it('refuses fields that the DTO does not have, by name where the name is harmless', async () => {
    const sent = { token: 'abc', role: 'admin', '<script>': 1, ['x'.repeat(41)]: 1 };
    expect(await fieldsOf(body(sent))).toEqual([
      { field: 'role', message: 'is not a known field' },
      { field: 'unknown', message: 'is not a known field' },
    ]);
  });

  it('repeats no value that was sent', async () => {
    const canary = 'canary-9d';
    const fields = await fieldsOf(
      body({ token: canary.repeat(9), device: [canary], [`${canary}!`]: canary }),
    );
    expect(JSON.stringify(fields)).not.toContain(canary);
  });

  it('lists no more than 20 fields', async () => {
    const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`f${i}`, i]));
    expect(await fieldsOf(body(many))).toHaveLength(20);
  });

  it.each([null, [], [{ token: 'abc' }], 'text', '', 1, 0, true, false])(
    'refuses %j as a body, even where every field is optional',
    async (value) => {
      const expected = [{ field: 'body', message: 'must be an object' }];
      expect(await fieldsOf(body(value))).toEqual(expected);
      expect(await fieldsOf(body(value, OptionalDto))).toEqual(expected);
    },
  );

  it('takes a request without a body for an empty object', async () => {
    expect(await body(undefined, OptionalDto)).toEqual({});
    expect(await fieldsOf(body(undefined))).toHaveLength(1);
  });

  it.each(Object.getOwnPropertyNames(Object.prototype).concat('then', 'length'))(
    'refuses a field called %s like any other unknown field',
    async (name) => {
      const value = JSON.parse(`{"token":"abc","${name}":{"a":1}}`) as unknown;
      expect(await fieldsOf(body(value))).toMatchObject([{ field: name }]);
    },
  );

  it('converts a query number where the DTO says so', async () => {
    const query = (value: unknown) =>
      pipe.transform(value, { type: 'query', metatype: PageDto }) as Promise<unknown>;
    expect(await query({ limit: '7' })).toEqual({ limit: 7 });
    for (const limit of ['0', '101', '1e9', 'x', '', '1.5', ['1', '2']]) {
      expect(await fieldsOf(query({ limit }))).toMatchObject([{ field: 'limit' }]);
    }
  });
});
