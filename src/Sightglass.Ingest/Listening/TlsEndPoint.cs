using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Sightglass.Ingest.Listening;

/// <summary>A port with TLS.</summary>
/// <param name="Address">Where.</param>
/// <param name="Certificate">The server's certificate with its key.</param>
/// <param name="ClientAuthorities">Whose certificates clients have to show; null where they need none.</param>
public sealed record TlsEndPoint(IPEndPoint Address, X509Certificate2 Certificate, X509Certificate2Collection? ClientAuthorities);
