using System.Net.Mail;
using System.Net.Sockets;
using System.Security.Authentication;
using Sightglass.Alerting.Templates;

namespace Sightglass.Alerting.Receivers;

/// <summary>Sends a message by SMTP.</summary>
internal sealed class EmailNotifier(EmailConfiguration configuration, NotificationTemplates templates, TimeProvider time) : INotifier
{
    private const int ImplicitTlsPort = 465;

    public async Task SendAsync(NotificationMessage message, CancellationToken cancellation)
    {
        var data = message.Data;
        var from = Addresses("from", templates.Text(configuration.From, data));
        var to = Addresses("to", templates.Text(configuration.To, data));
        if (from.Count != 1)
        {
            throw new DeliveryException("from: want one address", recoverable: false);
        }

        var body = EmailMessage.Write(configuration, templates, data, from[0], to, message.GroupKey, time.GetUtcNow());
        try
        {
            var session = new SmtpSession();
            await using (session.ConfigureAwait(false))
            {
                await SendAsync(session, from[0].Address, [.. to.Select(static a => a.Address)], body, cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new DeliveryException($"talking to {configuration.Host}:{configuration.Port}: {e.Message}", recoverable: true, e);
        }
        catch (AuthenticationException e)
        {
            throw new DeliveryException($"TLS with {configuration.Host}:{configuration.Port}: {e.Message}", recoverable: false, e);
        }
    }

    private async Task SendAsync(SmtpSession session, string from, IReadOnlyList<string> to, string body, CancellationToken cancellation)
    {
        configuration.Outgoing.CheckHost(configuration.Host);
        if (configuration.Outgoing.RefusePrivate)
        {
            await configuration.Outgoing.ResolveAsync(configuration.Host, cancellation).ConfigureAwait(false);
        }

        var tls = configuration.Tls.Options(configuration.Host);
        var isImplicit = configuration.ImplicitTls ?? configuration.Port == ImplicitTlsPort;
        await session.OpenAsync(configuration.Host, configuration.Port, configuration.Hello, isImplicit ? tls : null, cancellation).ConfigureAwait(false);
        if (!isImplicit && configuration.RequireTls)
        {
            if (!session.Offers("STARTTLS"))
            {
                throw new DeliveryException("'require_tls' is true (default) but the server does not offer STARTTLS", recoverable: true);
            }

            await session.StartTlsAsync(configuration.Hello, tls, cancellation).ConfigureAwait(false);
        }

        if (configuration.Username.Length > 0 && session.Offers("AUTH"))
        {
            var password = configuration.Password is null ? null : await configuration.Password.ReadAsync(cancellation).ConfigureAwait(false);
            var secret = configuration.AuthSecret is null ? null : await configuration.AuthSecret.ReadAsync(cancellation).ConfigureAwait(false);
            await session.AuthenticateAsync(configuration.Identity, configuration.Username, password, secret, cancellation).ConfigureAwait(false);
        }

        await session.SendAsync(from, to, body, cancellation).ConfigureAwait(false);
    }

    private static List<MailAddress> Addresses(string what, string text)
    {
        var addresses = new List<MailAddress>();
        try
        {
            var collection = new MailAddressCollection();
            collection.Add(text);
            addresses.AddRange(collection);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new DeliveryException($"{what}: not a list of mail addresses", recoverable: false);
        }

        return addresses;
    }
}
