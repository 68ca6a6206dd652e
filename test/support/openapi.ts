/** What is used of an OpenAPI 3.0 schema object. */
export interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly nullable?: boolean;
  readonly format?: string;
  readonly minimum?: number;
  readonly maxLength?: number;
}

export interface MediaTypes {
  readonly [mediaType: string]: { readonly schema: Schema };
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: Schema;
}

export interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: MediaTypes };
  readonly responses: Readonly<
    Record<string, { readonly content?: MediaTypes; readonly headers?: object }>
  >;
}

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const FORMATS: Readonly<Record<string, RegExp>> = {
  uuid: /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  email: /^[^@\s]+@[^@\s]+$/,
  uri: /^https?:\/\//,
};

/** The schema that a reference leads to, or the schema itself. */
export function resolveSchema(schema: Schema, { components }: OpenApiDocument): Schema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.replace('#/components/schemas/', '');
  const found = components.schemas[name];
  if (found === undefined) throw new Error(`no schema is called ${name}`);
  return found;
}

/**
 * What is wrong with a value by its schema. Stricter than the standard in one point: an object has
 * no properties but those that are named, unless none are.
 *
 * @returns one line for each fault; none if the value is as the schema says.
 */
export function schemaFaults(
  value: unknown,
  schema: Schema,
  document: OpenApiDocument,
  path = 'body',
): string[] {
  const { allOf, ...own } = resolveSchema(schema, document);
  if (allOf !== undefined) {
    const parts = allOf.map((part) => resolveSchema(part, document));
    return schemaFaults(value, merge(parts), document, path);
  }
  if (value === null) return own.nullable === true ? [] : [`${path} is null`];
  if (own.enum !== undefined && !own.enum.includes(value)) return [`${path} is none of the enum`];
  switch (own.type) {
    case 'object':
      return objectFaults(value, own, document, path);
    case 'array':
      if (!Array.isArray(value)) return [`${path} is no array`];
      return value.flatMap((item, index) =>
        schemaFaults(item, own.items ?? {}, document, `${path}[${index.toString()}]`),
      );
    case 'string':
      return stringFaults(value, own, path);
    case 'integer':
    case 'number':
      if (typeof value !== 'number') return [`${path} is no number`];
      if (own.type === 'integer' && !Number.isInteger(value)) return [`${path} is not whole`];
      return value < (own.minimum ?? -Infinity) ? [`${path} is too small`] : [];
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`${path} is no boolean`];
    default:
      return [`${path} has a schema without a type`];
  }
}

function objectFaults(
  value: unknown,
  { properties, required = [] }: Schema,
  document: OpenApiDocument,
  path: string,
): string[] {
  if (typeof value !== 'object' || Array.isArray(value)) return [`${path} is no object`];
  const members = Object.entries(value as Record<string, unknown>);
  const present = new Set(members.map(([name]) => name));
  const missing = required.filter((name) => !present.has(name));
  return [
    ...missing.map((name) => `${path}.${name} is missing`),
    ...members.flatMap(([name, member]) => {
      if (properties === undefined) return [];
      const schema = properties[name];
      const inner = `${path}.${name}`;
      return schema === undefined
        ? [`${inner} is not documented`]
        : schemaFaults(member, schema, document, inner);
    }),
  ];
}

function stringFaults(value: unknown, { format, maxLength }: Schema, path: string): string[] {
  if (typeof value !== 'string') return [`${path} is no string`];
  if (format !== undefined && FORMATS[format]?.test(value) !== true) {
    return [`${path} is no ${format}`];
  }

  return [...value].length > (maxLength ?? Infinity) ? [`${path} is too long`] : [];
}

/** All schemas at once; a later one says more about the same property. */
function merge(schemas: readonly Schema[]): Schema {
  return schemas.reduce((all, next) => ({
    ...all,
    ...next,
    properties: { ...all.properties, ...next.properties },
    required: [...(all.required ?? []), ...(next.required ?? [])],
  }));
}
