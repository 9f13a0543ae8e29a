namespace Sightglass.Ingest.Listening;

/// <summary>Bounds on receivers with a port of their own. Each is named where it is reached.</summary>
public static class ListenLimits
{
    /// <summary>Connections that one port serves at one time; further ones are closed at once.</summary>
    public const int MaxConnections = 1024;

    /// <summary>Records that are handed to the store together. More would keep the first of them waiting.</summary>
    public const int MaxRecordsPerBatch = 2_000;

    /// <summary>Bytes of records that are handed to the store together.</summary>
    public const int MaxBatchBytes = 4 << 20;

    /// <summary>The largest datagram that UDP has.</summary>
    public const int MaxDatagramBytes = 65_535;

    /// <summary>Bytes that the system is asked to keep of datagrams which were not read yet: a burst of some ten thousand lines.</summary>
    public const int DatagramBufferBytes = 8 << 20;

    /// <summary>How long a TLS handshake may take.</summary>
    public static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How long connections to a port that a reload takes away are served: time enough to see that no new ones are taken and to end.</summary>
    public static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection waits before it hands its records to a failing store again.</summary>
    public static readonly TimeSpan StoreRetry = TimeSpan.FromSeconds(1);
}
