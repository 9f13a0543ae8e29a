using System.Net.Mail;
using Sightglass.Alerting.OnCall;
using Sightglass.Alerting.Receivers;
using Sightglass.Alerting.Routing;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;

namespace Sightglass.Alerting.Escalation;

/// <summary>Reads <c>people</c>, <c>oncall</c>, <c>escalation</c> and <c>acknowledge</c>.</summary>
internal static class EscalationReader
{
    private const int MaxRepeat = 100;
    private static readonly TimeSpan DefaultRepeatAfter = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan LongestLink = TimeSpan.FromDays(30);
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(30);

    /// <summary>Reads all four; names are checked against each other and the receivers.</summary>
    /// <exception cref="AlertingConfigurationException">Something is not as it has to be.</exception>
    public static EscalationConfiguration Read(YamlSection root, AlertmanagerConfiguration? alertmanager)
    {
        var receivers = alertmanager?.Receivers.Select(static r => r.Name).ToHashSet(StringComparer.Ordinal) ?? [];
        var personal = new List<Receiver>();
        var people = People(root, alertmanager, receivers, personal);
        var rotations = OnCallReader.Read(root, people.Keys);
        var configuration = new EscalationConfiguration
        {
            People = people,
            Rotations = rotations,
            PersonalReceivers = personal,
            Acknowledge = Acknowledge(root.Section("acknowledge"), root.Has("escalation")),
        };
        foreach (var rotation in rotations.Where(r => people.ContainsKey(r.Name)))
        {
            throw root.Error("oncall", $"\"{rotation.Name}\" is a person and a rotation");
        }

        return root.Section("escalation") is { } section ? Escalation(section, configuration, receivers) : configuration;
    }

    private static Dictionary<string, Person> People(YamlSection root, AlertmanagerConfiguration? alertmanager, HashSet<string> receivers, List<Receiver> personal)
    {
        var people = new Dictionary<string, Person>(StringComparer.Ordinal);
        foreach (var section in root.Sections("people"))
        {
            var name = OnCallReader.Name(section, "name");
            var told = section.Texts("contacts");
            foreach (var contact in told.Where(c => !receivers.Contains(c)))
            {
                var nearest = NearestName.Find(contact, receivers);
                throw section.Error(
                    "contacts", $"contacts: there is no receiver \"{contact}\" in the Alertmanager's configuration" + (nearest is null ? string.Empty : $", did you mean \"{nearest}\"?"));
            }

            if (section.Text("email") is { } email)
            {
                // The recipients of an email are a template.
                if (!MailAddress.TryCreate(email, out _) || email.Contains("{{", StringComparison.Ordinal))
                {
                    throw section.Error("email", $"email: got \"{email}\", want an address");
                }

                var settings = alertmanager?.PersonalEmail ?? throw section.Error("email", "email: the Alertmanager's configuration names no server (global: smtp_smarthost and smtp_from)");
                var receiver = new Receiver("person/" + name, LabelSet.Empty, [settings with { To = email }]);
                personal.Add(receiver);
                told.Add(receiver.Name);
            }

            if (told.Count == 0)
            {
                throw section.Error($"person \"{name}\" has neither contacts nor email");
            }

            if (receivers.Contains(name))
            {
                throw section.Error("name", $"\"{name}\" is a person and a receiver");
            }

            if (people.Count >= OnCallLimits.MaxEntries || !people.TryAdd(name, new Person(name, [.. told.Distinct()])))
            {
                throw section.Error("name", $"person \"{name}\" is there twice");
            }

            section.RejectUnknown();
        }

        return people;
    }

    private static AcknowledgeSettings Acknowledge(YamlSection? section, bool escalates)
    {
        if (section is null)
        {
            return AcknowledgeSettings.Default with { Links = escalates };
        }

        var expires = section.Duration("link_expires") ?? AcknowledgeSettings.Default.LinkExpires;
        if (expires < TimeSpan.FromMinutes(1) || expires > LongestLink)
        {
            throw section.Error("link_expires", $"link_expires: got {PromDuration.Format(expires)}, want 1m to {PromDuration.Format(LongestLink)}");
        }

        var settings = new AcknowledgeSettings(section.Bool("links") ?? true, expires, section.Bool("repeat") ?? false)
        {
            PagerDuty = Webhook(section.Section("pagerduty"), "secret"),
            Opsgenie = Webhook(section.Section("opsgenie"), "token"),
        };
        section.RejectUnknown();
        return settings;
    }

    private static SecretSource? Webhook(YamlSection? section, string key)
    {
        if (section is null)
        {
            return null;
        }

        var secret = HttpReader.Pair(section, key) ?? throw section.Error($"one of {key} & {key}_file must be configured");
        section.RejectUnknown();
        return secret;
    }

    private static EscalationConfiguration Escalation(YamlSection section, EscalationConfiguration configuration, HashSet<string> receivers)
    {
        foreach (var rotation in configuration.Rotations.Where(r => receivers.Contains(r.Name)))
        {
            throw section.Error($"\"{rotation.Name}\" is a rotation and a receiver");
        }

        var policies = new Dictionary<string, EscalationPolicy>(StringComparer.Ordinal);
        foreach (var entry in section.Sections("policies"))
        {
            var policy = Policy(entry, configuration, receivers);
            if (policy.Name == EscalationConfiguration.NoPolicy || !policies.TryAdd(policy.Name, policy))
            {
                throw entry.Error("name", policy.Name == EscalationConfiguration.NoPolicy ? "a policy cannot be named none" : $"policy \"{policy.Name}\" is there twice");
            }
        }

        string Known(YamlSection at, string key, string name) => policies.ContainsKey(name) ? name
            : throw at.Error(key, $"there is no policy \"{name}\"" + (NearestName.Find(name, policies.Keys) is { } nearest ? $", did you mean \"{nearest}\"?" : string.Empty));

        var matches = new List<(IReadOnlyList<LabelMatcher>, string)>();
        foreach (var entry in section.Sections("match"))
        {
            try
            {
                matches.Add(([.. entry.Texts("matchers").SelectMany(MatcherParser.Parse)], Known(entry, "policy", entry.Text("policy", string.Empty))));
            }
            catch (QueryException e)
            {
                throw entry.Error("matchers", $"matchers: {e.Message}");
            }

            entry.RejectUnknown();
        }

        var defaults = section.Map("default").ToDictionary(static p => p.Key, p => Known(section, "default", p.Value), StringComparer.Ordinal);
        section.RejectUnknown();
        return configuration with { Policies = policies, Matches = matches, Defaults = defaults };
    }

    private static EscalationPolicy Policy(YamlSection section, EscalationConfiguration configuration, HashSet<string> receivers)
    {
        var name = OnCallReader.Name(section, "name");
        var steps = new List<EscalationStep>();
        foreach (var entry in section.Sections("steps"))
        {
            var after = entry.Duration("after") ?? (steps.Count == 0 ? TimeSpan.Zero : throw entry.Error($"policy \"{name}\": a step after the first needs after, such as after: 5m"));
            if (after > LongestWait || (steps.Count > 0 && after < TimeSpan.FromSeconds(1)))
            {
                throw entry.Error("after", $"after: got {PromDuration.Format(after)}, want 1s to {PromDuration.Format(LongestWait)}");
            }

            var targets = entry.Texts("notify").ConvertAll(n => Target(entry, n, configuration, receivers));
            steps.Add(new EscalationStep(after, targets.Count > 0 ? targets : throw entry.Error($"policy \"{name}\": a step needs notify")));
            entry.RejectUnknown();
        }

        if (steps.Count == 0)
        {
            throw section.Error($"policy \"{name}\" has no steps");
        }

        var repeat = section.Integer("repeat") ?? 0;
        var again = section.Duration("repeat_after") ?? DefaultRepeatAfter;
        if (repeat is < 0 or > MaxRepeat || again < TimeSpan.FromSeconds(1) || again > LongestWait)
        {
            throw repeat is < 0 or > MaxRepeat
                ? section.Error("repeat", $"repeat: got {repeat}, want 0 to {MaxRepeat}")
                : section.Error("repeat_after", $"repeat_after: got {PromDuration.Format(again)}, want 1s to {PromDuration.Format(LongestWait)}");
        }

        section.RejectUnknown();
        return new EscalationPolicy(name, steps, (int)repeat, again);
    }

    private static NotifyTarget Target(YamlSection section, string name, EscalationConfiguration configuration, HashSet<string> receivers)
    {
        if (configuration.People.ContainsKey(name))
        {
            return new NotifyTarget(NotifyKind.Person, name);
        }

        if (configuration.Rotations.Any(r => r.Name == name))
        {
            return new NotifyTarget(NotifyKind.Rotation, name);
        }

        var nearest = NearestName.Find(name, receivers.Concat(configuration.People.Keys).Concat(configuration.Rotations.Select(static r => r.Name)));
        return receivers.Contains(name)
            ? new NotifyTarget(NotifyKind.Receiver, name)
            : throw section.Error("notify", $"notify: \"{name}\" is no receiver, person or rotation" + (nearest is null ? string.Empty : $", did you mean \"{nearest}\"?"));
    }
}
