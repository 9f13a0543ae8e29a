namespace Shop.Payments;

/// <summary>When the payment gateway has its bad times: soon after the start, so that a demo shows one, and again and again.</summary>
internal sealed class IncidentCalendar(TimeProvider time)
{
    private static readonly TimeSpan FirstAfter = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(12);

    private readonly long _started = time.GetTimestamp();

    public bool IsIncident
    {
        get
        {
            var sinceFirst = time.GetElapsedTime(_started) - FirstAfter;
            return sinceFirst >= TimeSpan.Zero && sinceFirst.Ticks % Every.Ticks < Length.Ticks;
        }
    }
}
