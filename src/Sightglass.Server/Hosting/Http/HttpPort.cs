using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Sightglass.Server.Hosting.Http;

/// <summary>
/// One port of a <see cref="HttpServer"/> and what it answers. It opens in two steps: routes of <see cref="First"/> answer while the rest of the server is still put
/// together, and a request for anything else waits for the second step.
/// </summary>
internal sealed class HttpPort
{
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A port on a socket that is bound; the server that has it closes it.</summary>
    public HttpPort(Socket socket, HttpProtocols protocols)
    {
        Socket = socket;
        Protocols = protocols;
        Routes = new RouteTable { Before = First };
        Handler = context => First.TryAnswer(context) ?? (_open.Task.IsCompletedSuccessfully ? Routes.Answer(context) : Wait(context, _open.Task, Routes.Answer));
    }

    /// <summary>What is listened on.</summary>
    public Socket Socket { get; }

    /// <summary>What is spoken.</summary>
    public HttpProtocols Protocols { get; }

    /// <summary>Where it is.</summary>
    public IPEndPoint Address => (IPEndPoint)Socket.LocalEndPoint!;

    /// <summary>What it answers first, and before <see cref="Routes"/>; routes are added before <see cref="OpenFirst"/>.</summary>
    public RouteTable First { get; } = new();

    /// <summary>What else it answers; routes are added before <see cref="Open"/>.</summary>
    public RouteTable Routes { get; }

    /// <summary>What every request comes to: the routes, unless something stands before them. Set before <see cref="OpenFirst"/>.</summary>
    public RequestDelegate Handler { get; set; }

    /// <summary>Begins to answer what <see cref="First"/> answers.</summary>
    public void OpenFirst() => _first.TrySetResult();

    /// <summary>Begins to answer everything.</summary>
    public void Open()
    {
        _first.TrySetResult();
        _open.TrySetResult();
    }

    /// <summary>Turns away who waits.</summary>
    public void Close()
    {
        _first.TrySetCanceled();
        _open.TrySetCanceled();
    }

    /// <summary>Answers a request, or keeps it waiting until it can be answered, so that who comes while the stores open is served late and not turned away.</summary>
    public Task Answer(HttpContext context) => _first.Task.IsCompletedSuccessfully ? Handler(context) : Wait(context, _first.Task, c => Handler(c));

    private static async Task Wait(HttpContext context, Task until, RequestDelegate answer)
    {
        try
        {
            await until.WaitAsync(context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        await answer(context);
    }
}
