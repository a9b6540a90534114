#ifndef QUARRY_HTML_H
#define QUARRY_HTML_H

#include <gumbo.h>
#include <stddef.h>

/// A page's tree, in memory of its own: Gumbo frees trees by recursion, which overflows the stack on deeply nested pages, and knows no limit, though
/// a page of some hundred kilobytes can have a tree of gigabytes (elements that format and are not closed are repeated in every block that follows).
typedef struct quarry_html quarry_html;

typedef enum { QUARRY_HTML_READ, QUARRY_HTML_TOO_LARGE, QUARRY_HTML_NO_MEMORY } quarry_html_status;

/// Parses a page. The tree points into `bytes`, which have to live as long.
///
/// - limit: Bytes that the tree may take.
/// - page: To be given back with `quarry_html_free`, unless something else than QUARRY_HTML_READ is returned.
quarry_html_status quarry_html_parse(
    const char *_Nonnull bytes, size_t count, size_t limit, quarry_html *_Nullable *_Nonnull page);

/// The outermost element. It lives as long as the page.
const GumboNode *_Nonnull quarry_html_root(const quarry_html *_Nonnull page);

void quarry_html_free(quarry_html *_Nullable page);

#endif
