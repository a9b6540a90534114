#include "mail.h"

#include <gmime/gmime.h>
#include <string.h>

typedef struct {
  int depth_limit;
  void *context;
  void (*on_message)(void *, const quarry_mail_headers *);
  void (*on_part)(void *, const quarry_mail_part *);
  size_t message_count;
} reading;

static void read_object(reading *state, GMimeObject *object, int depth);

static char *addresses(GMimeMessage *message, GMimeAddressType type) {
  InternetAddressList *list = g_mime_message_get_addresses(message, type);
  return list && internet_address_list_length(list) > 0 ? internet_address_list_to_string(list, NULL, false) : NULL;
}

static void read_message(reading *state, GMimeMessage *message, int depth) {
  if (depth > state->depth_limit) return;
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
  if (body) read_object(state, body, depth + 1);
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

/* Of alternatives: plain text, else the last, which RFC 2046 (5.1.4) calls the best. */
static int alternative(GMimeMultipart *multipart) {
  int count = g_mime_multipart_get_count(multipart);
  for (int index = 0; index < count; index++)
    if (is_type(g_mime_multipart_get_part(multipart, index), "text", "plain")) return index;
  return count - 1;
}

static void read_part(reading *state, GMimePart *part) {
  char *type = type_of(GMIME_OBJECT(part));
  quarry_mail_part shown = {type, g_mime_part_get_filename(part), g_mime_part_is_attachment(part), NULL, 0};
  if (GMIME_IS_TEXT_PART(part)) {
    char *text = g_mime_text_part_get_text(GMIME_TEXT_PART(part));
    shown.data = (const uint8_t *)text;
    shown.count = text ? strlen(text) : 0;
    state->on_part(state->context, &shown);
    g_free(text);
  } else {
    GMimeStream *stream = g_mime_stream_mem_new();
    GMimeDataWrapper *content = g_mime_part_get_content(part);
    if (content) g_mime_data_wrapper_write_to_stream(content, stream);
    GByteArray *data = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
    shown.data = data ? data->data : NULL;
    shown.count = data ? data->len : 0;
    state->on_part(state->context, &shown);
    g_object_unref(stream);
  }
  g_free(type);
}

static void read_object(reading *state, GMimeObject *object, int depth) {
  if (depth > state->depth_limit) return;
  if (GMIME_IS_MULTIPART(object)) {
    GMimeMultipart *multipart = GMIME_MULTIPART(object);
    int count = g_mime_multipart_get_count(multipart);
    if (is_type(object, "multipart", "alternative")) {
      if (count > 0) read_object(state, g_mime_multipart_get_part(multipart, alternative(multipart)), depth + 1);
    } else {
      for (int index = 0; index < count; index++) read_object(state, g_mime_multipart_get_part(multipart, index), depth + 1);
    }
  } else if (GMIME_IS_MESSAGE_PART(object)) {
    GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
    if (message) read_message(state, message, depth + 1);
  } else if (GMIME_IS_PART(object)) {
    read_part(state, GMIME_PART(object));
  }
}

static void initialise(void) {
  static gsize done = 0;
  if (g_once_init_enter(&done)) {
    g_mime_init();
    g_once_init_leave(&done, 1);
  }
}

size_t quarry_mail_read(
    const uint8_t *bytes, size_t count, bool is_mailbox, int depth_limit, void *context, void (*on_message)(void *, const quarry_mail_headers *),
    void (*on_part)(void *, const quarry_mail_part *)) {
  initialise();
  reading state = {depth_limit, context, on_message, on_part, 0};
  GMimeStream *stream = g_mime_stream_mem_new_with_buffer((const char *)bytes, count);
  GMimeParser *parser = g_mime_parser_new_with_stream(stream);
  g_mime_parser_set_format(parser, is_mailbox ? GMIME_FORMAT_MBOX : GMIME_FORMAT_MESSAGE);
  do {
    gint64 before = g_mime_parser_tell(parser);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    if (!message) break;
    read_message(&state, message, 0);
    g_object_unref(message);
    if (g_mime_parser_tell(parser) <= before) break;
  } while (is_mailbox && !g_mime_parser_eos(parser));
  g_object_unref(parser);
  g_object_unref(stream);
  return state.message_count;
}
