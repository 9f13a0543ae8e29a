namespace Sightglass.Server.State;

/// <summary>
/// Keeps room for the state where nobody else can take it, so that what was told, acknowledged and silenced is known after a restart even of a server
/// whose disk was full. See decision 0012.
/// </summary>
internal sealed class StateReserve : IDisposable
{
    /// <summary>What is set aside: hours of a hundred alerts that flap.</summary>
    public const int Bytes = 2 << 20;

    /// <summary>Not while others start.</summary>
    private static readonly TimeSpan FirstAfter = TimeSpan.FromSeconds(5);

    /// <summary>Between two looks: history uses it up slowly.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly ITimer _timer;

    public StateReserve(StateDatabase database, TimeProvider time) => _timer = time.CreateTimer(_ => database.Reserve(Bytes), null, FirstAfter, Interval);

    public void Dispose() => _timer.Dispose();
}
