using Sightglass.Alerting.Escalation;
using Sightglass.Alerting.OnCall;

namespace Sightglass.Alerting.Tests.Escalation;

internal sealed class MemoryEscalationStore : IEscalationStore
{
    private readonly Dictionary<string, EscalationState> _states = [];

    /// <summary>What would be there after the process was killed now.</summary>
    public EscalationState[] States
    {
        get
        {
            lock (_states)
            {
                return [.. _states.Values];
            }
        }
    }

    public IReadOnlyList<EscalationState> Load() => States;

    public void Save(EscalationState state)
    {
        lock (_states)
        {
            _states[state.Id] = state;
        }
    }

    public void Delete(string id)
    {
        lock (_states)
        {
            _states.Remove(id);
        }
    }
}

internal sealed class MemoryAcknowledgementStore : IAcknowledgementStore
{
    public Dictionary<string, Acknowledgement> All { get; } = [];

    public IReadOnlyList<Acknowledgement> Load() => [.. All.Values];

    public void Save(IReadOnlyList<Acknowledgement> acknowledgements)
    {
        foreach (var acknowledgement in acknowledgements)
        {
            All[acknowledgement.Fingerprint] = acknowledgement;
        }
    }

    public void Delete(IReadOnlyList<string> fingerprints)
    {
        foreach (var fingerprint in fingerprints)
        {
            All.Remove(fingerprint);
        }
    }
}

internal sealed class MemoryOverrideStore : IEntryStore<OnCallOverride>
{
    public IReadOnlyList<OnCallOverride> Load() => [];

    public void Save(OnCallOverride standIn)
    {
    }

    public void Delete(string id)
    {
    }
}
