// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <libpq-fe.h>

#include <string>

namespace mahavishnu::store {

// Each function of libpq that we use, once.
// clang-format off
#define MAHAVISHNU_LIBPQ_FUNCTIONS(each) \
  each(PQclear) each(PQcmdStatus) each(PQconnectPoll) each(PQconnectStartParams) \
  each(PQconninfoFree) each(PQconninfoParse) each(PQconsumeInput) each(PQenterPipelineMode) \
  each(PQerrorMessage) each(PQexitPipelineMode) each(PQfinish) each(PQflush) each(PQfreemem) \
  each(PQgetResult) each(PQgetisnull) each(PQgetlength) each(PQgetvalue) each(PQisBusy) \
  each(PQntuples) each(PQpipelineSync) each(PQresultErrorField) each(PQresultErrorMessage) \
  each(PQresultStatus) each(PQsendPrepare) each(PQsendQuery) each(PQsendQueryParams) \
  each(PQsendQueryPrepared) each(PQserverVersion) each(PQsetErrorVerbosity) \
  each(PQsetNoticeProcessor) each(PQsetSingleRowMode) each(PQsetnonblocking) each(PQsocket) \
  each(PQstatus) each(PQtransactionStatus)
// clang-format on

/// The client library of PostgreSQL. It is loaded when a journal in PostgreSQL is first spoken of:
/// with all that it brings along, it would cost every command and every server time and memory.
struct libpq {
#define MAHAVISHNU_MEMBER(name) decltype(&::name) name = nullptr;
  MAHAVISHNU_LIBPQ_FUNCTIONS(MAHAVISHNU_MEMBER)
#undef MAHAVISHNU_MEMBER

  static result<libpq> load(const std::string& file);
};

/// Loaded by the first call, in whatever thread, and there until the end. A failure stays one.
const result<libpq>& load_libpq();

/// For whoever has something from it, and so knows that it is loaded.
const libpq& pq();

} // namespace mahavishnu::store
