"""The two roles below the owner, as SQL for migrations (security.md 27, L25: privileges are the second wall)."""

from collections.abc import Iterator

APP = "hub_app"
READER = "hub_reader"


def make_roles() -> Iterator[str]:
    """Statements that make the roles where the site has not made them; without login, for `SET ROLE` by the owner."""
    for role in (APP, READER):
        yield f"""DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                CREATE ROLE {role};
                -- Since PostgreSQL 16 the maker of a role may grant it, but is no member by itself.
                GRANT {role} TO CURRENT_USER;
            END IF;
        END $$"""
        yield f"GRANT USAGE ON SCHEMA public TO {role}"


def grant(privileges: str, tables: tuple[str, ...], *roles: str) -> str:
    """One GRANT statement, for example `grant("SELECT", ("agency",), READER)`."""
    return f"GRANT {privileges} ON {', '.join(tables)} TO {', '.join(roles)}"
