using Microsoft.AspNetCore.Http;
using Sightglass.Core.Errors;
using Sightglass.Server.Api.Push;

namespace Sightglass.Server.Tests.Push;

public sealed class PushStatusTests
{
    [Fact]
    public void A_body_that_came_too_slowly_is_sent_again()
    {
        // Senders of remote write try 5xx again and drop what any 4xx but 429 was said of.
        PushRequests.StatusOf(new BadHttpRequestException("too slow", StatusCodes.Status408RequestTimeout)).ShouldBe(StatusCodes.Status503ServiceUnavailable);
        PushRequests.StatusOf(new BadHttpRequestException("bad", StatusCodes.Status400BadRequest)).ShouldBe(StatusCodes.Status400BadRequest);
        PushRequests.StatusOf(new StorageFailedException("full")).ShouldBe(StatusCodes.Status503ServiceUnavailable);
    }
}
