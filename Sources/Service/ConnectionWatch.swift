import NIOCore

/// Closes a connection whose client has closed its side.
///
/// A client that closed its socket and one that only said that it sends no more look the same until something is written to them. Nobody
/// who waits for an answer has a reason to do the latter, and computing for nobody costs all others: both are taken as gone.
final class ConnectionWatch: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    context.fireUserInboundEventTriggered(event)
    if case .some(.inputClosed) = event as? ChannelEvent { context.close(promise: nil) }
  }
}
