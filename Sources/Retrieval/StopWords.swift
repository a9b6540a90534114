/// English words that say nothing about what a text is about.
///
/// They would only cost time in the lexical index, whose idf gives frequent words next to no weight, but they matter where coverage of the
/// question is counted in a handful of sentences. Other languages are left to idf.
enum StopWords {
  /// What is left of words behind an apostrophe: `don't`, `it's`, `they've`. Elsewhere they name things: vitamin D, a T-shirt.
  static let endings: Set<String> = ["s", "t", "d", "ll", "m", "re", "ve"]

  static let english: Set<String> = endings.union(words)

  private static let words: Set<String> = Set(
    """
    a about above after again against all also am an and any are as at be because been before being below between both but by can could did do \
    does doing don down during each few for from further had has have having he her here hers him himself his how i if in into is it its itself \
    just me more most my no nor not now of off on once only or other our out over own same she should so some such than that the their them \
    then there these they this those through to too under until up us very was we were what when where which while who whom whose why will with \
    would you your
    """.split(separator: " ").map(String.init))
}
