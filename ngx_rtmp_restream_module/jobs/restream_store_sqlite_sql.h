/*
 * Every statement of the SQLite backend that runs more than once, and what it
 * is called: RESTREAM_STORE_SQLITE_<name>.
 */

#ifndef _RESTREAM_STORE_SQLITE_SQL_H_INCLUDED_
#define _RESTREAM_STORE_SQLITE_SQL_H_INCLUDED_


#define RESTREAM_STORE_SQLITE_SELECT                                          \
    "SELECT id, app, name, configured, maximum, version, revision,"           \
    " created_at, updated_at FROM streams"

#define RESTREAM_STORE_SQLITE_MATCH                                           \
    " AND (?4 IS NULL OR name LIKE ?4 ESCAPE '\\'"                            \
    " OR EXISTS (SELECT 1 FROM destinations WHERE stream = streams.id"        \
    " AND (destinations.name LIKE ?4 ESCAPE '\\'"                             \
    " OR title LIKE ?4 ESCAPE '\\')))"                                        \
    " ORDER BY app, name LIMIT ?3"


/* every statement that runs more than once */

#define RESTREAM_STORE_SQLITE_STATEMENTS(X)                                   \
    X(BEGIN, "BEGIN")                                                         \
    X(BEGIN_WRITE, "BEGIN IMMEDIATE")                                         \
    X(COMMIT, "COMMIT")                                                       \
    X(ROLLBACK, "ROLLBACK")                                                   \
                                                                              \
    X(SCHEMA, "PRAGMA user_version")                                          \
    X(REVISION, "SELECT revision FROM store")                                 \
    X(RETIRED, "SELECT retired FROM store")                                   \
    X(SECRET, "SELECT secret FROM store")                                     \
    X(SET_REVISION, "UPDATE store SET revision = ?1, retired = ?2")           \
                                                                              \
    X(STREAM, RESTREAM_STORE_SQLITE_SELECT " WHERE app = ?1 AND name = ?2")   \
    X(LIST, RESTREAM_STORE_SQLITE_SELECT                                      \
      " WHERE configured = 1 AND (app, name) > (?1, ?2)"                      \
      RESTREAM_STORE_SQLITE_MATCH)                                            \
    X(LIST_APP, RESTREAM_STORE_SQLITE_SELECT                                  \
      " WHERE configured = 1 AND app = ?1 AND name > ?2"                      \
      RESTREAM_STORE_SQLITE_MATCH)                                            \
    X(DESTINATIONS,                                                           \
      "SELECT id, version, created_at, updated_at, enabled, name, url, key,"  \
      " title, description, audio FROM destinations WHERE stream = ?1"        \
      " ORDER BY place")                                                      \
    X(SWITCHES,                                                               \
      "SELECT name, enabled FROM switches WHERE stream = ?1 ORDER BY name")   \
                                                                              \
    X(INSERT_STREAM,                                                          \
      "INSERT INTO streams (app, name, configured, maximum, version,"         \
      " revision, created_at, updated_at)"                                    \
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")                             \
    X(UPDATE_STREAM,                                                          \
      "UPDATE streams SET configured = ?2, maximum = ?3, version = ?4,"       \
      " revision = ?5, created_at = ?6, updated_at = ?7 WHERE id = ?1")       \
    X(DELETE_STREAM, "DELETE FROM streams WHERE id = ?1")                     \
    X(INSERT_DESTINATION,                                                     \
      "INSERT INTO destinations (id, version, created_at, updated_at,"        \
      " enabled, name, url, key, title, description, audio, stream)"          \
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")          \
    X(UPDATE_DESTINATION,                                                     \
      "UPDATE destinations SET version = ?2, created_at = ?3,"                \
      " updated_at = ?4, enabled = ?5, name = ?6, url = ?7, key = ?8,"        \
      " title = ?9, description = ?10, audio = ?11"                           \
      " WHERE id = ?1 AND stream = ?12")                                      \
    X(DELETE_DESTINATION, "DELETE FROM destinations WHERE id = ?1")           \
    X(SET_SWITCH,                                                             \
      "INSERT INTO switches (stream, name, enabled) VALUES (?1, ?2, ?3)"      \
      " ON CONFLICT DO UPDATE SET enabled = excluded.enabled")                \
                                                                              \
    X(SECRETS,                                                                \
      "SELECT place, destinations.id, app, streams.name, url, key"            \
      " FROM destinations JOIN streams ON streams.id = stream"                \
      " WHERE place > ?1 ORDER BY place LIMIT ?2")                            \
    X(SET_SECRETS,                                                            \
      "UPDATE destinations SET url = ?2, key = ?3 WHERE place = ?1")          \
                                                                              \
    X(REQUEST,                                                                \
      "SELECT hash, app, name, destination FROM requests"                     \
      " WHERE who = ?1 AND key = ?2 AND created_at > ?3")                     \
    X(SET_REQUEST,                                                            \
      "INSERT OR REPLACE INTO requests (who, key, hash, app, name,"           \
      " destination, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")        \
    X(PRUNE_REQUESTS,                                                         \
      "DELETE FROM requests WHERE (who, key) IN (SELECT who, key"             \
      " FROM requests WHERE created_at <= ?1 ORDER BY created_at LIMIT ?2)")


#define X(name, sql)  RESTREAM_STORE_SQLITE_ ## name,

typedef enum {
    RESTREAM_STORE_SQLITE_STATEMENTS(X)
    RESTREAM_STORE_SQLITE_NSTATEMENTS
} restream_store_sqlite_statement_e;

#undef X


#endif /* _RESTREAM_STORE_SQLITE_SQL_H_INCLUDED_ */
