import { queryAs } from './query-as';

/**
 * All that a schema is made of, one line each, in an order that does not depend on how it came to
 * be: two databases with the same lines have the same schema, grants included.
 */
export async function describeSchema(url: string): Promise<string[]> {
  const rows = await queryAs<{ line: string }>(
    url,
    `WITH own_table AS (
       SELECT oid, relname, relacl, relowner FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
     ), line AS (
       SELECT format('table %s owner %s grants %s', relname, relowner::regrole, relacl) AS line
         FROM own_table
       UNION ALL
       SELECT format('column %s.%s %s null %s default %s identity %s storage %s', relname, attname,
                     format_type(atttypid, atttypmod), NOT attnotnull,
                     pg_get_expr(adbin, adrelid), attidentity, attstorage)
         FROM pg_attribute
         JOIN own_table ON own_table.oid = attrelid
         LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attnum > 0 AND NOT attisdropped
       UNION ALL
       SELECT format('constraint %s.%s %s', relname, conname, pg_get_constraintdef(pg_constraint.oid))
         FROM pg_constraint JOIN own_table ON own_table.oid = conrelid
       UNION ALL
       SELECT format('index %s', indexdef) FROM pg_indexes WHERE schemaname = 'public'
       UNION ALL
       SELECT format('trigger %s enabled %s', pg_get_triggerdef(pg_trigger.oid), tgenabled)
         FROM pg_trigger JOIN own_table ON own_table.oid = tgrelid WHERE NOT tgisinternal
       UNION ALL
       SELECT format('function %s', pg_get_functiondef(oid))
         FROM pg_proc WHERE pronamespace = 'public'::regnamespace
       UNION ALL
       SELECT format('sequence %s', relname) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'
       UNION ALL
       SELECT format('type %s', typname) FROM pg_type
        WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
     )
     SELECT line FROM line ORDER BY line COLLATE "C"`,
  );
  return rows.map(({ line }) => line);
}
