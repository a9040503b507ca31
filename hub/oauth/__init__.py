"""Who: the authorization server (Authlib), clients and their keys, tokens, grants of scopes and purposes."""
