#ifndef QUARRY_MAIL_H
#define QUARRY_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The headers of a message that its reader sees; UTF-8, `NULL` for what it does not have.
typedef struct {
  const char *_Nullable subject;
  const char *_Nullable from;
  const char *_Nullable to;
  const char *_Nullable cc;
  /// As ISO 8601 with its offset.
  const char *_Nullable date;
} quarry_mail_headers;

/// A part of a message that is no container: of alternatives only the one that is read.
typedef struct {
  /// `text/plain`, in lower case.
  const char *_Nonnull type;
  const char *_Nullable name;
  /// Shown apart from the text, to be saved.
  bool is_attachment;
  /// How the text is said to be written; `NULL` where nothing is said, where it is UTF-8 by now, and for what is no text.
  const char *_Nullable charset;
  /// Decoded, as it was written.
  const uint8_t *_Nullable data;
  size_t count;
} quarry_mail_part;

/// Reads a message, or all messages of a mailbox ("mbox", RFC 4155), with GMime.
///
/// What stands in a mailbox as a message and is none is given as a text.
///
/// @param on_message called for every message before its parts; messages inside messages come after the one that holds them.
/// @param depth_limit how deep containers and messages may lie in each other; what lies deeper is left out, and counted in `too_deep_count`.
/// @return how many messages there were; 0 if it is none.
size_t quarry_mail_read(
    const uint8_t *_Nonnull bytes, size_t count, bool is_mailbox, int depth_limit, void *_Nullable context,
    void (*_Nonnull on_message)(void *_Nullable context, const quarry_mail_headers *_Nonnull headers),
    void (*_Nonnull on_part)(void *_Nullable context, const quarry_mail_part *_Nonnull part), size_t *_Nonnull too_deep_count);

#endif
