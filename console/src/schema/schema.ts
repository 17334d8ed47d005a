// JSON Schema as far as inputs of tools use it, and what a form makes of it.

export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  format?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  $ref?: string;
  $defs?: Record<string, Schema>;
}

export type Field =
  | { kind: 'text'; long: boolean }
  | { kind: 'moment' }
  | { kind: 'number'; whole: boolean; least: number | undefined; most: number | undefined }
  | { kind: 'flag' }
  | { kind: 'choice'; choices: { value: string; about: string | undefined }[] }
  | { kind: 'list'; of: Schema }
  | { kind: 'object'; properties: [string, Schema, boolean][] }
  /** What no form is made of is written as JSON. */
  | { kind: 'json' };

/** A schema without its references, of the document that holds them. */
export function resolved(schema: Schema, root: Schema): Schema {
  const name = schema.$ref?.replace('#/$defs/', '');
  const found = name === undefined ? undefined : root.$defs?.[name];
  return found ? { ...resolved(found, root), ...without(schema, '$ref') } : schema;
}

function without(schema: Schema, name: keyof Schema): Schema {
  const { [name]: _, ...rest } = schema;
  return rest as Schema;
}

/** How a value of this schema is entered. */
export function fieldOf(given: Schema, root: Schema): Field {
  const schema = withoutNull(resolved(given, root), root);
  const choices = choicesOf(schema, root);
  if (choices) return { kind: 'choice', choices };
  switch (typeOf(schema)) {
    case 'string':
      return schema.format === 'date-time' ? { kind: 'moment' } : { kind: 'text', long: (schema.maxLength ?? 0) > LONG || /text|body|message/i.test(schema.description ?? '') };
    case 'integer':
    case 'number':
      return { kind: 'number', whole: typeOf(schema) === 'integer', least: schema.minimum, most: schema.maximum };
    case 'boolean':
      return { kind: 'flag' };
    case 'array':
      return schema.items ? { kind: 'list', of: schema.items } : { kind: 'json' };
    case 'object':
      return schema.properties
        ? { kind: 'object', properties: Object.entries(schema.properties).map(([name, one]) => [name, one, schema.required?.includes(name) ?? false]) }
        : { kind: 'json' };
    default:
      return { kind: 'json' };
  }
}

const LONG = 200;

/** What may be left out says so by allowing null, which nobody has to type. */
function withoutNull(schema: Schema, root: Schema): Schema {
  const rest = schema.anyOf?.filter(({ type }) => type !== 'null');
  const only = rest?.length === 1 ? rest[0] : undefined;
  return only ? { ...resolved(only, root), ...without(schema, 'anyOf') } : schema;
}

function typeOf({ type }: Schema): string | undefined {
  return Array.isArray(type) ? type.find((one) => one !== 'null') : type;
}

function choicesOf(schema: Schema, root: Schema): { value: string; about: string | undefined }[] | undefined {
  if (schema.enum?.every((value) => typeof value === 'string')) return schema.enum.map((value) => ({ value, about: undefined }));
  const consts = schema.oneOf?.map((one) => resolved(one, root));
  if (consts?.every(({ const: value }) => typeof value === 'string')) return consts.map(({ const: value, description }) => ({ value: value as string, about: description }));
  return undefined;
}

/** What a form begins with: defaults, and nothing where there are none. */
export function begun(given: Schema, root: Schema): unknown {
  const schema = resolved(given, root);
  if (schema.default !== undefined) return schema.default ?? undefined;
  const field = fieldOf(schema, root);
  if (field.kind !== 'object') return undefined;
  const members = field.properties.map(([name, one]): [string, unknown] => [name, begun(one, root)]);
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

/** Names of what is needed and missing, with the way to each. */
export function missing(given: Schema, root: Schema, value: unknown, path = ''): string[] {
  const field = fieldOf(given, root);
  if (field.kind !== 'object') return [];
  const members = (value ?? {}) as Record<string, unknown>;
  return field.properties.flatMap(([name, one, needed]) => {
    const here = path === '' ? name : `${path}.${name}`;
    const member = members[name];
    if (member === undefined || member === '') return needed ? [here] : [];
    return missing(one, root, member, here);
  });
}
