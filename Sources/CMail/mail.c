#include "mail.h"

#include <gmime/gmime.h>
#include <string.h>

typedef struct {
  int depth_limit;
  void *context;
  void (*on_message)(void *, const quarry_mail_headers *);
  void (*on_part)(void *, const quarry_mail_part *);
  size_t message_count;
  size_t too_deep_count;
} reading;

/* What is read of an object and of all below it. */
typedef struct {
  /* Whether it belongs to an alternative that was not chosen: only what has a name of its own. */
  bool attachments_only;
  /* Whether it may be the text itself, and not what comes along with it. */
  bool is_body;
  /* Whether it belongs to a page beside it: a picture in it. */
  bool is_related;
} manner;

static void read_object(reading *state, GMimeObject *object, int depth, manner how);

static char *addresses(GMimeMessage *message, GMimeAddressType type) {
  InternetAddressList *list = g_mime_message_get_addresses(message, type);
  return list && internet_address_list_length(list) > 0 ? internet_address_list_to_string(list, NULL, false) : NULL;
}

static bool is_too_deep(reading *state, int depth) {
  if (depth <= state->depth_limit) return false;
  state->too_deep_count++;
  return true;
}

static void read_message(reading *state, GMimeMessage *message, int depth) {
  if (is_too_deep(state, depth)) return;
  state->message_count++;
  char *from = addresses(message, GMIME_ADDRESS_TYPE_FROM);
  char *to = addresses(message, GMIME_ADDRESS_TYPE_TO);
  char *cc = addresses(message, GMIME_ADDRESS_TYPE_CC);
  GDateTime *time = g_mime_message_get_date(message);
  // What GMime cannot read, a time before 1970 for one, is shown as it stands.
  char *date = time ? g_date_time_format(time, "%Y-%m-%d %H:%M %:z") : g_strdup(g_mime_object_get_header(GMIME_OBJECT(message), "Date"));
  quarry_mail_headers headers = {g_mime_message_get_subject(message), from, to, cc, date};
  state->on_message(state->context, &headers);
  g_free(from);
  g_free(to);
  g_free(cc);
  g_free(date);
  GMimeObject *body = g_mime_message_get_mime_part(message);
  if (body) read_object(state, body, depth + 1, (manner){false, true, false});
}

static char *type_of(GMimeObject *object) {
  GMimeContentType *type = g_mime_object_get_content_type(object);
  char *name = type ? g_mime_content_type_get_mime_type(type) : NULL;
  char *lower = g_ascii_strdown(name ? name : "text/plain", -1);
  g_free(name);
  return lower;
}

static bool is_type(GMimeObject *object, const char *type, const char *subtype) {
  GMimeContentType *own = g_mime_object_get_content_type(object);
  return own && g_mime_content_type_is_type(own, type, subtype);
}

static bool has_text(GMimeObject *object) {
  if (!is_type(object, "text", "plain") || !GMIME_IS_TEXT_PART(object)) return false;
  char *text = g_mime_text_part_get_text(GMIME_TEXT_PART(object));
  bool has = text && text[strspn(text, " \t\r\n")];
  g_free(text);
  return has;
}

/* Whether it is HTML, or begins with it: a page with its pictures. */
static bool is_html(GMimeObject *object, int depth_limit) {
  while (depth_limit-- > 0 && GMIME_IS_MULTIPART(object) && g_mime_multipart_get_count(GMIME_MULTIPART(object)) > 0)
    object = g_mime_multipart_get_part(GMIME_MULTIPART(object), 0);
  return is_type(object, "text", "html");
}

/* Of alternatives: plain text that says something, else HTML, else the last. The last is the best one (RFC 2046, 5.1.4), but what stands behind
   HTML is for programs: calendars, AMP. */
static int alternative(GMimeMultipart *multipart, int depth_limit) {
  int count = g_mime_multipart_get_count(multipart);
  for (int index = 0; index < count; index++)
    if (has_text(g_mime_multipart_get_part(multipart, index))) return index;
  for (int index = count - 1; index >= 0; index--)
    if (is_html(g_mime_multipart_get_part(multipart, index), depth_limit)) return index;
  return count - 1;
}

/* Of an alternative that was not chosen: what has a name and is neither the text in other words nor a picture in it, and calendars, which say when and
   where. */
static bool is_attachment(GMimePart *part, manner how) {
  if (g_mime_part_is_attachment(part)) return true;
  GMimeObject *object = GMIME_OBJECT(part);
  if (is_type(object, "text", "calendar")) return true;
  if (!g_mime_part_get_filename(part)) return false;
  if (how.is_body && is_type(object, "text", "*")) return false;
  return !(how.is_related && is_type(object, "image", "*"));
}

static void read_part(reading *state, GMimePart *part, bool is_attachment) {
  char *type = type_of(GMIME_OBJECT(part));
  quarry_mail_part shown = {type, g_mime_part_get_filename(part), is_attachment, NULL, NULL, 0};
  GMimeStream *stream = g_mime_stream_mem_new();
  GMimeDataWrapper *content = g_mime_part_get_content(part);
  if (content) g_mime_data_wrapper_write_to_stream(content, stream);
  GByteArray *data = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
  char *text = NULL;
  shown.data = data ? data->data : NULL;
  shown.count = data ? data->len : 0;
  if (GMIME_IS_TEXT_PART(part)) {
    const char *charset = g_mime_text_part_get_charset(GMIME_TEXT_PART(part));
    bool is_wide = charset && (!g_ascii_strncasecmp(charset, "utf-16", 6) || !g_ascii_strncasecmp(charset, "utf-32", 6));
    if (is_wide || !data) {
      text = g_mime_text_part_get_text(GMIME_TEXT_PART(part));
      shown.data = (const uint8_t *)text;
      shown.count = text ? strlen(text) : 0;
    } else {
      /* GMime would leave out what is not in the encoding that is said, and end at a zero. */
      shown.charset = charset;
      size_t kept = 0;
      for (size_t i = 0; i < data->len; i++)
        if (data->data[i]) data->data[kept++] = data->data[i];
      shown.count = kept;
    }
  }
  state->on_part(state->context, &shown);
  g_free(text);
  g_object_unref(stream);
  g_free(type);
}

static void read_object(reading *state, GMimeObject *object, int depth, manner how) {
  if (is_too_deep(state, depth)) return;
  if (GMIME_IS_MULTIPART(object)) {
    GMimeMultipart *multipart = GMIME_MULTIPART(object);
    int count = g_mime_multipart_get_count(multipart);
    bool is_choice = is_type(object, "multipart", "alternative"), is_page = is_type(object, "multipart", "related");
    int chosen = is_choice ? alternative(multipart, state->depth_limit) : 0;
    for (int index = 0; index < count; index++) {
      /* Of the alternatives that are not chosen what they carry along. */
      manner inner = {
          how.attachments_only || (is_choice && index != chosen), is_choice || (how.is_body && index == 0),
          how.is_related || (is_page && index > 0)};
      read_object(state, g_mime_multipart_get_part(multipart, index), depth + 1, inner);
    }
  } else if (GMIME_IS_MESSAGE_PART(object)) {
    GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
    if (message) read_message(state, message, depth + 1);
  } else if (GMIME_IS_PART(object)) {
    GMimePart *part = GMIME_PART(object);
    if (!how.attachments_only) read_part(state, part, g_mime_part_is_attachment(part));
    else if (is_attachment(part, how)) read_part(state, part, true);
  }
}

static void initialise(void) {
  static gsize done = 0;
  if (g_once_init_enter(&done)) {
    g_mime_init();
    g_once_init_leave(&done, 1);
  }
}

static bool read_bytes(reading *state, const uint8_t *bytes, size_t count) {
  GMimeStream *stream = g_mime_stream_mem_new_with_buffer((const char *)bytes, count);
  GMimeParser *parser = g_mime_parser_new_with_stream(stream);
  g_mime_parser_set_format(parser, GMIME_FORMAT_MESSAGE);
  GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
  if (message) read_message(state, message, 0);
  if (message) g_object_unref(message);
  g_object_unref(parser);
  g_object_unref(stream);
  return message != NULL;
}

/* What stands between two messages and is none, as text. */
static void read_raw(reading *state, const uint8_t *bytes, size_t count) {
  quarry_mail_headers headers = {NULL, NULL, NULL, NULL, NULL};
  quarry_mail_part part = {"text/plain", NULL, false, NULL, bytes, count};
  state->message_count++;
  state->on_message(state->context, &headers);
  state->on_part(state->context, &part);
}

static size_t next_line(const uint8_t *bytes, size_t count, size_t line) {
  const uint8_t *end = memchr(bytes + line, '\n', count - line);
  return end ? (size_t)(end - bytes) + 1 : count;
}

static bool are_digits(const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (bytes[i] < '0' || bytes[i] > '9') return false;
  return true;
}

/* A line of a mailbox that begins a message (RFC 4155): behind an empty line, or the first, with a time and a year. A sentence may begin with
   "From", and not every program marks it. */
static bool is_separator(const uint8_t *bytes, size_t count, size_t line) {
  if (count - line < 5 || memcmp(bytes + line, "From ", 5)) return false;
  if (line > 0 && !(line == 1 || bytes[line - 2] == '\n' || (line > 2 && bytes[line - 2] == '\r' && bytes[line - 3] == '\n'))) return false;
  bool has_time = false, has_year = false;
  size_t end = next_line(bytes, count, line);
  for (size_t i = line + 5; i < end; i++) {
    if (i + 5 <= end && are_digits(bytes + i, 2) && bytes[i + 2] == ':' && are_digits(bytes + i + 3, 2)) has_time = true;
    if (i + 4 <= end && bytes[i - 1] == ' ' && are_digits(bytes + i, 4) && (i + 4 == end || strchr(" \r\n", bytes[i + 4]))) has_year = true;
  }
  return has_time && has_year;
}

static size_t after_separator(const uint8_t *bytes, size_t count, size_t line) {
  return line < count && is_separator(bytes, count, line) ? next_line(bytes, count, line) : line;
}

size_t quarry_mail_read(
    const uint8_t *bytes, size_t count, bool is_mailbox, int depth_limit, void *context, void (*on_message)(void *, const quarry_mail_headers *),
    void (*on_part)(void *, const quarry_mail_part *), size_t *too_deep_count) {
  initialise();
  reading state = {depth_limit, context, on_message, on_part, 0, 0};
  if (!is_mailbox) {
    read_bytes(&state, bytes, count);
  } else {
    /* Taken apart here: GMime's parser of mailboxes ends at a message that it does not understand. */
    size_t start = after_separator(bytes, count, 0);
    while (start < count) {
      size_t end = start;
      while (end < count && !is_separator(bytes, count, end)) end = next_line(bytes, count, end);
      if (!read_bytes(&state, bytes + start, end - start)) read_raw(&state, bytes + start, end - start);
      start = after_separator(bytes, count, end);
    }
  }
  *too_deep_count = state.too_deep_count;
  return state.message_count;
}
