import Foundation
import HTTPTypes
import Inference
import Service
import Testing
import Tokenizer

/// OpenAI's chat, for both models.
@Suite struct ChatRouteTests {
  @Test func theDocumentsAnswerWithTheirSources() async throws {
    let answering = ScriptedAnswering()
    try await withRouter(answering) { (client) async throws in
      let reply = try await client.post(
        "/v1/chat/completions",
        """
        {"model": "quarry", "user": "me", "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hello?"},
         {"role": "assistant", "content": "Hi."}, {"role": "user", "content": [{"type": "text", "text": "How much oil?"}]}]}
        """)
      #expect(reply.status == 200)
      let completion = try reply.json
      #expect(completion["object"] as? String == "chat.completion")
      #expect(completion["model"] as? String == "quarry")
      #expect((completion["id"] as? String)?.hasPrefix("chatcmpl-") == true)
      let choice = try #require((completion["choices"] as? [[String: Any]])?.first)
      #expect(choice["finish_reason"] as? String == "stop")
      let message = try #require(choice["message"] as? [String: Any])
      #expect(message["role"] as? String == "assistant")
      #expect(message["content"] as? String == "The lamp burns 2 litres. [1]\n\nSources:\n[1] lamp.md:3–4")
      #expect((completion["sources"] as? [[String: Any]])?.first?["quote"] as? String == "The lamp burns 2 litres.")
      let usage = try #require(completion["usage"] as? [String: Any])
      #expect(usage["prompt_tokens"] as? Int == 20 && usage["completion_tokens"] as? Int == 4 && usage["total_tokens"] as? Int == 24)
      #expect((usage["prompt_tokens_details"] as? [String: Any])?["cached_tokens"] as? Int == 12)
    }
    #expect(answering.lastQuestion?.question == "How much oil?", "the user's last message is the question")
  }

  @Test func theDocumentsMayNotSay() async throws {
    try await withRouter(ScriptedAnswering(.abstains)) { (client) async throws in
      let reply = try await client.post("/v1/chat/completions", #"{"model": "quarry", "messages": [{"role": "user", "content": "Why?"}]}"#)
      let message = (try reply.json["choices"] as? [[String: Any]])?.first?["message"] as? [String: Any]
      #expect(message?["content"] as? String == "The documents do not say.\n\nClosest passages:\n[1] lamp.md:3–4")
    }
  }

  @Test func aStreamSaysTheSameInPieces() async throws {
    try await withRouter { (client) async throws in
      let reply = try await client.post(
        "/v1/chat/completions",
        #"{"model": "quarry", "messages": [{"role": "user", "content": "Why?"}], "stream": true, "stream_options": {"include_usage": true}}"#)
      #expect(reply.headers[.contentType]?.hasPrefix("text/event-stream") == true)
      let events = ServerEvent.parse(reply.text)
      #expect(events.last?.data == "[DONE]")
      #expect(events.allSatisfy { $0.name == nil })
      let chunks = try events.dropLast().map { try $0.json }
      #expect(chunks.allSatisfy { $0["object"] as? String == "chat.completion.chunk" })
      #expect(Set(chunks.map { $0["id"] as? String }).count == 1)
      let choices = chunks.dropLast().compactMap { ($0["choices"] as? [[String: Any]])?.first }
      let deltas = choices.compactMap { $0["delta"] as? [String: Any] }
      #expect(deltas.first?["role"] as? String == "assistant")
      #expect(deltas.compactMap { $0["content"] as? String }.joined() == "The lamp burns 2 litres. [1]\n\nSources:\n[1] lamp.md:3–4")
      #expect(choices.last?["finish_reason"] as? String == "stop")
      let last = try #require(chunks.last)
      #expect((last["choices"] as? [Any])?.isEmpty == true)
      #expect((last["usage"] as? [String: Any])?["total_tokens"] as? Int == 24)
    }
  }

  @Test func aStreamHasUsageOnlyWhenAsked() async throws {
    try await withRouter { (client) async throws in
      let reply = try await client.post(
        "/v1/chat/completions", #"{"model": "quarry", "messages": [{"role": "user", "content": "Why?"}], "stream": true}"#)
      #expect(!reply.text.contains("\"usage\""))
      #expect(ServerEvent.parse(reply.text).last?.data == "[DONE]")
    }
  }

  @Test func errorsInAStreamAreOfOpenAIsForm() async throws {
    struct Secret: Error {}
    // The documents' sources are no part of a chat: what fails before any text has a status.
    try await withRouter(ScriptedAnswering(.failsAfterSources(Secret()))) { (client) async throws in
      let reply = try await client.post(
        "/v1/chat/completions", #"{"model": "quarry", "messages": [{"role": "user", "content": "Why?"}], "stream": true}"#)
      #expect(reply.status == 500)
      #expect((try reply.json["error"] as? [String: Any])?["type"] as? String == "server_error")
    }
  }

  @Test func theGeneratorAloneGoesOnWithTheConversation() async throws {
    let answering = ScriptedAnswering()
    try await withRouter(answering) { (client) async throws in
      let reply = try await client.post(
        "/v1/chat/completions",
        """
        {"model": "Scripted-1B", "messages": [{"role": "developer", "content": "Be short."}, {"role": "user", "content": "Say hello."}],
         "temperature": 0.7, "max_completion_tokens": 2, "max_tokens": 99, "stop": "\\n", "seed": -1}
        """)
      let choice = try #require((try reply.json["choices"] as? [[String: Any]])?.first)
      #expect((choice["message"] as? [String: Any])?["content"] as? String == "Hello")
      #expect(choice["finish_reason"] as? String == "length")
      #expect(try reply.json["sources"] == nil)
    }
    let (messages, options) = try #require(answering.lastChat)
    #expect(messages == [ChatMessage(role: .system, content: "Be short."), ChatMessage(role: .user, content: "Say hello.")])
    var expected = ChatOptions()
    expected.completionTokenLimit = 2
    expected.sampling = SamplingParameters(temperature: 0.7, seed: .max)
    expected.stopSequences = ["\n"]
    #expect(options == expected)
    #expect(answering.lastQuestion == nil)
  }
}
