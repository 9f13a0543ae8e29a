using Sightglass.Core.Model;

namespace Sightglass.Alerting.Escalation;

/// <content>What is known of an escalation in memory.</content>
internal sealed partial class Escalator
{
    /// <summary>One escalation in memory. Guarded by the dispatcher's lock.</summary>
    private sealed class Escalation : IDisposable
    {
        private readonly Escalator _escalator;
        private readonly ITimer _timer;
        private CancellationTokenSource _sending = new();
        private long _dueFrom;
        private TimeSpan _dueIn;

        public Escalation(Escalator escalator, EscalationState state)
        {
            (_escalator, State) = (escalator, state);
            _timer = escalator.Time.CreateTimer(static s => ((Escalation)s!).Due(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public EscalationState State { get; set; }

        /// <summary>Alerts that this process has heard of.</summary>
        public HashSet<LabelSet> Seen { get; } = [];

        /// <summary>Steps that the process before had begun.</summary>
        public List<BegunStep> Restored { get; set; } = [];

        /// <summary>Nobody was there for long after its step was due.</summary>
        public bool IsStale { get; set; }

        /// <summary>It is over; nothing is kept of it.</summary>
        public bool IsGone { get; set; }

        /// <summary>Done when what was last changed is stored.</summary>
        public Task Saved { get; private set; } = Task.CompletedTask;

        /// <summary>Time until the next step, by a clock that nobody sets.</summary>
        public TimeSpan Left => _dueIn - _escalator.Time.GetElapsedTime(_dueFrom);

        /// <summary>Cancelled when messages that are still tried have lost their reason.</summary>
        public CancellationToken Ended => _sending.Token;

        /// <summary>Messages that are still tried are tried no more.</summary>
        public void GiveUp()
        {
            // Beside the lock: who waits for it may go on right here.
            var before = _sending;
            _sending = new CancellationTokenSource();
            _ = before.CancelAsync();
        }

        public void DueIn(TimeSpan wait) => (_dueFrom, _dueIn) = (_escalator.Time.GetTimestamp(), wait);

        /// <summary>Looks at it again after a time; null not before something happens.</summary>
        public void Wake(TimeSpan? wait) => _timer.Change(wait is { } w ? w < TimeSpan.Zero ? TimeSpan.Zero : w : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        /// <summary>Stores outside the dispatcher's lock, one after the other.</summary>
        public void Do(Action save) => Saved = Saved.ContinueWith(_ => save(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

        public void Dispose()
        {
            _timer.Dispose();
            _sending.Dispose();
        }

        private void Due()
        {
            lock (_escalator._dispatcher.Gate)
            {
                _escalator.Look(this, _escalator.Now);
            }
        }
    }
}
