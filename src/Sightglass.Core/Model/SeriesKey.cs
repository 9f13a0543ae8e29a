using Sightglass.Core.Bytes;

namespace Sightglass.Core.Model;

/// <summary>
/// The canonical bytes of a series' labels: for each label in order of the name's bytes a varint length and the name, a varint
/// length and the value, all UTF-8. Two series are the same when these bytes are. The form is written to disk.
/// </summary>
public static class SeriesKey
{
    /// <summary>Walks the labels of a key.</summary>
    public static Enumerator Read(ReadOnlySpan<byte> key) => new(key);

    /// <summary>The value of one label in a key; empty where there is none.</summary>
    public static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> key, ReadOnlySpan<byte> name)
    {
        foreach (var pair in Read(key))
        {
            if (pair.Name.SequenceEqual(name))
            {
                return pair.Value;
            }
        }

        return default;
    }

    /// <summary>One label in a key; the spans point into it.</summary>
    public readonly ref struct Pair(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        /// <summary>The name.</summary>
        public ReadOnlySpan<byte> Name { get; } = name;

        /// <summary>The value.</summary>
        public ReadOnlySpan<byte> Value { get; } = value;
    }

    /// <summary>Enumerates the labels of a key; ends early on bytes that are not a key.</summary>
    public ref struct Enumerator
    {
        private ByteReader _reader;

        internal Enumerator(ReadOnlySpan<byte> key)
        {
            _reader = new ByteReader(key);
            Current = default;
        }

        /// <summary>The current label.</summary>
        public Pair Current { get; private set; }

        /// <summary>Lets <c>foreach</c> use it.</summary>
        public readonly Enumerator GetEnumerator() => this;

        /// <summary>Moves on.</summary>
        public bool MoveNext()
        {
            if (_reader.Remaining == 0)
            {
                return false;
            }

            var name = _reader.ReadLengthPrefixed();
            var value = _reader.ReadLengthPrefixed();
            Current = new Pair(name, value);
            return !_reader.Failed;
        }
    }
}
