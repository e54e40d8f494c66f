"""In a database that others use too, a store has its tables in one schema, and meets nobody else's there."""

_FOUND = (
    "SELECT quote_ident(named.name) FROM unnest(current_schemas(false)) WITH ORDINALITY AS named (name, place)"
    " WHERE (SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
    " WHERE nspname = named.name AND relname IN ('alembic_version', 'events', 'journals')) = 3"
    " ORDER BY place LIMIT 1"
)

IN_ONE_SCHEMA = (
    "set_config('search_path',"
    f" coalesce(({_FOUND}), quote_ident(current_schema()), current_setting('search_path')), false)"
)
"""Asked once of each connection that names tables: from then on it looks into one schema alone.

That is the first of its search path that holds a store, else the one in which tables would be made. Otherwise a table
that another program calls as we do (`runs`, `alembic_version`) would be taken for ours.
"""
