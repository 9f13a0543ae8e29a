using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Sightglass.Benchmarks.StartupProfile;

/// <summary>A module whose types and references are named anew in another assembly.</summary>
internal sealed class ModuleTokens
{
    private readonly PEReader _image;
    private readonly MetadataBuilder _target;
    private readonly Dictionary<EntityHandle, EntityHandle> _imported = [];
    private readonly Dictionary<string, AssemblyReferenceHandle> _assemblies = [];

    public ModuleTokens(string path, MetadataBuilder target)
    {
        _image = new PEReader(new MemoryStream(File.ReadAllBytes(path)));
        _target = target;
        Reader = _image.GetMetadataReader();
        AssemblyName = Reader.GetString(Reader.GetAssemblyDefinition().Name);
    }

    public MetadataReader Reader { get; }

    public string AssemblyName { get; }

    public string NameOf(TypeDefinitionHandle handle)
    {
        var type = Reader.GetTypeDefinition(handle);
        var name = Reader.GetString(type.Namespace) + "." + Reader.GetString(type.Name);
        return type.GetDeclaringType() is { IsNil: false } outer ? $"{NameOf(outer)}+{name}" : $"[{AssemblyName}]{name}";
    }

    public bool IsValueType(TypeDefinitionHandle handle)
    {
        var type = Reader.GetTypeDefinition(handle);
        var name = type.BaseType.Kind switch
        {
            HandleKind.TypeReference => Reader.GetString(Reader.GetTypeReference((TypeReferenceHandle)type.BaseType).Name),
            HandleKind.TypeDefinition => Reader.GetString(Reader.GetTypeDefinition((TypeDefinitionHandle)type.BaseType).Name),
            _ => string.Empty,
        };
        return name is "ValueType" or "Enum" && Reader.GetString(type.Name) != "Enum";
    }

    /// <summary>A reference, in the other assembly, to a type that is defined or referred to here.</summary>
    public EntityHandle Import(EntityHandle handle)
    {
        if (_imported.TryGetValue(handle, out var known))
        {
            return known;
        }

        var made = handle.Kind switch
        {
            HandleKind.TypeDefinition => ImportDefinition((TypeDefinitionHandle)handle),
            HandleKind.TypeReference => ImportReference((TypeReferenceHandle)handle),
            _ => throw new InvalidOperationException($"a type by {handle.Kind} is not in the profile"),
        };
        _imported.Add(handle, made);
        return made;
    }

    private EntityHandle ImportDefinition(TypeDefinitionHandle handle)
    {
        var type = Reader.GetTypeDefinition(handle);
        var outer = type.GetDeclaringType();
        return _target.AddTypeReference(outer.IsNil ? Assembly(AssemblyName) : Import(outer), Text(type.Namespace), Text(type.Name));
    }

    private EntityHandle ImportReference(TypeReferenceHandle handle)
    {
        var type = Reader.GetTypeReference(handle);
        var scope = type.ResolutionScope;
        return _target.AddTypeReference(
            scope.Kind switch
            {
                HandleKind.AssemblyReference => Assembly(Reader.GetString(Reader.GetAssemblyReference((AssemblyReferenceHandle)scope).Name)),
                HandleKind.TypeReference => Import(scope),
                _ => Assembly(AssemblyName),
            },
            Text(type.Namespace),
            Text(type.Name));
    }

    private StringHandle Text(StringHandle handle) => handle.IsNil ? default : _target.GetOrAddString(Reader.GetString(handle));

    private AssemblyReferenceHandle Assembly(string name)
    {
        if (!_assemblies.TryGetValue(name, out var handle))
        {
            _assemblies.Add(name, handle = _target.AddAssemblyReference(_target.GetOrAddString(name), new Version(0, 0, 0, 0), default, default, default, default));
        }

        return handle;
    }
}
