import HTTPTypes
import Hummingbird
import NIOCore

extension ServiceResponder {
  /// What this is, for a person with a browser.
  func home() -> Response {
    Response(
      status: .ok,
      headers: [
        .contentType: "text/html; charset=utf-8",
        .contentSecurityPolicy: "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      ],
      body: ResponseBody(byteBuffer: ByteBuffer(string: Self.homePage)))
  }

  private static let homePage = """
    <!doctype html>
    <html lang="en">
    <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Quarry</title></head>
    <body>
    <h1>Quarry</h1>
    <p>Answers questions from a folder of documents, with the place in the documents that says so.</p>
    <dl>
    <dt><code>POST /v1/ask</code></dt><dd>a question to the documents; JSON, or server-sent events with <code>"stream": true</code></dd>
    <dt><code>POST /v1/search</code></dt><dd>the passages for a query</dd>
    <dt><code>POST /v1/chat/completions</code></dt><dd>the same as OpenAI's; the model <code>quarry</code> answers from the documents</dd>
    <dt><code>GET /v1/models</code></dt><dd>the models that a chat can name</dd>
    <dt><code>GET /v1/ingestion</code></dt><dd>how far the folders are that <code>serve --watch</code> takes in</dd>
    <dt><code>GET /healthz</code>, <code>GET /readyz</code></dt><dd>whether it lives, and whether it can answer</dd>
    </dl>
    <pre>curl -H 'Content-Type: application/json' -d '{"question": "…"}' http://127.0.0.1:8707/v1/ask</pre>
    </body>
    </html>

    """
}
