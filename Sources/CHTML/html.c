#include "html.h"

#include <setjmp.h>
#include <stdlib.h>

#define BLOCK_BYTE_COUNT ((size_t)1 << 18)

typedef struct block {
  struct block *before;
  // What follows is aligned to 16 bytes.
  size_t unused;
} block;

struct quarry_html {
  block *last;
  char *next;
  size_t free, taken, limit;
  const GumboNode *root;
  /// Where to go when there is no more: Gumbo takes no allocator that refuses.
  jmp_buf exit;
};

static void *take_block(quarry_html *page, size_t count) {
  if (count > page->limit - page->taken) longjmp(page->exit, QUARRY_HTML_TOO_LARGE);
  block *new_block = malloc(sizeof *new_block + count);
  if (new_block == NULL) longjmp(page->exit, QUARRY_HTML_NO_MEMORY);
  new_block->before = page->last;
  page->last = new_block;
  page->taken += count;
  return new_block + 1;
}

static void *allocate(void *context, size_t count) {
  quarry_html *page = context;
  if (count > page->limit) longjmp(page->exit, QUARRY_HTML_TOO_LARGE);
  const size_t rounded = (count + (count == 0) + 15) & ~(size_t)15;
  if (rounded > BLOCK_BYTE_COUNT / 4) return take_block(page, rounded);
  if (rounded > page->free) {
    page->next = take_block(page, BLOCK_BYTE_COUNT);
    page->free = BLOCK_BYTE_COUNT;
  }
  void *const result = page->next;
  page->next += rounded;
  page->free -= rounded;
  return result;
}

/// All of it is given back at once.
static void deallocate(void *context, void *memory) {
  (void)context;
  (void)memory;
}

quarry_html_status quarry_html_parse(const char *bytes, size_t count, size_t limit, quarry_html **result) {
  // Not changed after `setjmp`, so that its value is known after a jump.
  quarry_html *const page = calloc(1, sizeof *page);
  if (page == NULL) return QUARRY_HTML_NO_MEMORY;
  page->limit = limit;
  switch (setjmp(page->exit)) {
    case 0: break;
    case QUARRY_HTML_TOO_LARGE: quarry_html_free(page); return QUARRY_HTML_TOO_LARGE;
    default: quarry_html_free(page); return QUARRY_HTML_NO_MEMORY;
  }
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = allocate;
  options.deallocator = deallocate;
  options.userdata = page;
  options.max_errors = 0;
  page->root = gumbo_parse_with_options(&options, bytes, count)->root;
  *result = page;
  return QUARRY_HTML_READ;
}

const GumboNode *quarry_html_root(const quarry_html *page) { return page->root; }

void quarry_html_free(quarry_html *page) {
  if (page == NULL) return;
  for (block *each = page->last; each != NULL;) {
    block *const before = each->before;
    free(each);
    each = before;
  }
  free(page);
}
