// SPDX-License-Identifier: MIT
#include "store/sqlite_memory_schema.hpp"

#include <array>

namespace mahavishnu::store {

namespace {

constexpr std::array steps{R"(
create table pools (
  number integer primary key,
  id text not null unique,
  name text not null,
  type text not null,
  records integer not null,
  newest_at integer not null,
  sum integer not null
);

create table tags (
  -- Never given twice: documents that have it may be left, whatever has become of their index.
  number integer primary key autoincrement,
  tag text not null unique,
  sum integer not null
);

-- What tasks have written, equal ones once.
create table contents (
  id integer primary key,
  hash integer not null,
  sum integer not null,
  bytes blob not null
);
create index contents_by_hash on contents (hash);

-- Of each content: apart from it, since this changes often and a content never.
create table uses (
  content integer primary key,
  newest_at integer not null,
  times integer not null,
  sum integer not null
);
create index uses_by_newest on uses (newest_at, content);

-- All records of a week that differ in nothing but task, worker and time. This is what is searched:
-- its words are in the index once, whatever the number of its records. Its id is that of its text in
-- the index, and later ones are larger.
create table documents (
  id integer primary key,
  hash integer not null,
  content integer not null,
  pool integer not null,
  status integer not null,
  week integer not null,
  -- The newest time that was known when it was made; never less than that of the one before.
  reached integer not null,
  -- No record of it is older.
  first_at integer not null,
  newest_at integer not null,
  times integer not null,
  -- Of its title and content.
  size integer not null,
  -- Words for what is filtered by: pPOOL sSTATUS tTAG...
  facets text not null,
  worker_type text not null,
  title text not null,
  sum integer not null
);
-- Not by the hash alone: each new one would change another page of the index.
create index documents_by_hash on documents (content, hash);
create index documents_by_content on documents (content, newest_at);

create table records (
  task blob primary key,
  document integer not null,
  at integer not null,
  worker text not null,
  sum integer not null
) without rowid;
create index records_by_time on records (at, document);
create index records_by_document on records (document, at);

create view texts_of_documents as
  select documents.id as id, title, cast(bytes as text) as content, facets
  from documents join contents on contents.id = documents.content;

create virtual table texts using fts5 (
  title, content, facets,
  content = 'texts_of_documents', content_rowid = 'id', columnsize = 0,
  tokenize = 'unicode61 remove_diacritics 2'
);

-- The words that are in titles and contents, to find those with a prefix; and how many of the
-- documents have them that are counted for it, to know how rare they are.
create table words (
  word text primary key,
  documents integer not null
) without rowid;
-- To find those that are common at once, however many begin alike.
create index words_by_documents on words (documents) where documents >= 16;
create virtual table word_places using fts5vocab (texts, instance);
create virtual table every_word using fts5vocab (texts, col);

create table state (
  id integer primary key,
  cursor blob not null,
  records integer not null,
  contents integer not null,
  documents integer not null,
  -- Of all documents.
  size integer not null,
  -- How many documents are counted in the words.
  counted integer not null,
  reached integer not null,
  -- By how much a record was older at most than its document says.
  late integer not null,
  -- Ids that were given once are never given again.
  last_content integer not null,
  last_document integer not null,
  -- Up to here, it was looked whether words are still in use.
  swept text not null,
  sum integer not null
);

create table targets (
  number integer primary key,
  name text not null unique,
  is_enabled integer not null,
  forgotten integer not null,
  last_error text not null,
  sum integer not null
);

-- Which contents are for which target, and what has become of it: 0 it waits, 1 it was sent, 2 it
-- was given up.
create table outbox (
  target integer not null,
  content integer not null,
  state integer not null,
  due integer not null,
  tries integer not null,
  reason text not null,
  sum integer not null,
  primary key (target, content)
) without rowid;
create index outbox_waiting on outbox (target, due, content) where state = 0;
create index outbox_by_content on outbox (content);
create index outbox_by_state on outbox (target, state);
)"};

} // namespace

std::span<const char* const> memory_schema() {
  return steps;
}

} // namespace mahavishnu::store
